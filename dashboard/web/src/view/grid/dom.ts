/** Sets a text if it differs. Setting the same text would still cost the browser a style pass. */
export const write = (node: Text, value: string): void => {
  if (node.data !== value) node.data = value;
};

/** Sets what is shown while the pointer rests on an element, if it differs; empty for nothing. */
export const title = (element: HTMLElement, value: string): void => {
  if (element.title !== value) element.title = value;
};

/** Sets an attribute if it differs. */
export const attribute = (element: Element, name: string, value: string): void => {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
};

/** Sets a data attribute if it differs; null removes it. */
export const mark = (element: HTMLElement, name: string, value: string | null): void => {
  if (value === null) {
    if (name in element.dataset) delete element.dataset[name];
  } else if (element.dataset[name] !== value) element.dataset[name] = value;
};

/** An element with classes, and a role for assistive technology. */
export const div = (className: string, role?: string): HTMLElement => {
  const element = document.createElement("div");
  element.className = className;
  if (role) element.setAttribute("role", role);
  return element;
};

/** Adds a text node to the parent, in a span if a class is given. */
export const put = (parent: HTMLElement, className?: string, title?: string): Text => {
  const text = document.createTextNode("");
  if (className) {
    const span = document.createElement("span");
    span.className = className;
    if (title) span.title = title;
    span.append(text);
    parent.append(span);
  } else parent.append(text);
  return text;
};

/** An icon of 16 by 16, drawn as one path. */
export function drawing(path: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/** 1rem in px. */
export const rootFontSize = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
