/*
 * app/ starts the page: it makes the services, mounts the views and connects both with the address and the keyboard. It
 * alone knows all other parts.
 */
import { mountPage } from "./page.ts";
import { createServices } from "./services.ts";

const services = createServices();
const host = document.getElementById("app");
if (host) mountPage(host, services);
services.client.connect();
void services.workspace.start();
