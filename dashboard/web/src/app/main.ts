/*
 * app/ starts the page. It makes the services and mounts the views, and connects them with the address bar and the
 * keyboard. No other part imports it.
 */
import { mountPage } from "./page.ts";
import { createServices } from "./services.ts";

const services = createServices();
const host = document.getElementById("app");
if (host) mountPage(host, services);
services.client.connect();
void services.workspace.start();
