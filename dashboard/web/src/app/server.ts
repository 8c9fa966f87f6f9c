/** The path of the page of this server: others of the same origin have other ones. */
export const serverPath = (): string => new URL(".", document.baseURI).pathname;
