// What a reader of the page must be able to rely on: names, contrast, a page that fits.
import assert from "node:assert/strict";

// WCAG 2.2 AA for body text.
const CONTRAST_MIN = 4.5;

const inspect = (least) => {
  const channel = (value) => {
    const s = value / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  };
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) {
        return color;
      }
    }
    return [255, 255, 255];
  };
  const visible = (element) => element.checkVisibility() && !element.closest(":disabled");
  const problems = [];
  const seen = [...document.querySelectorAll("body *")].filter(visible);
  for (const element of seen) {
    const ownText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (ownText || element.matches("input:not([type=radio], [type=checkbox])")) {
      const [a, b] = [parse(getComputedStyle(element).color), ground(element)].map(luminance);
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < least) {
        problems.push(`contrast ${ratio.toFixed(2)} of <${element.localName}> "${element.textContent.trim().slice(0, 30)}"`);
      }
    }
    if (element.matches("input, select, textarea") && ![...(element.labels || [])].some((l) => l.textContent.trim())) {
      problems.push(`no label: #${element.id}`);
    }
    if (element.matches("button, a[href]") && !(element.textContent.trim() || element.getAttribute("aria-label"))) {
      problems.push(`no name: <${element.localName}>`);
    }
    if (element.matches("button, input:not([type=radio], [type=checkbox])") && element.getBoundingClientRect().height < 40) {
      problems.push(`too small to touch: #${element.id}`);
    }
  }
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth > clientWidth) {
    problems.push(`${scrollWidth} px wide in a window of ${clientWidth}`);
  }
  if (!document.documentElement.lang || !document.title || document.querySelectorAll("h1").length !== 1) {
    problems.push("lang, title and one h1 are needed");
  }
  return problems;
};

export const accessible = async (page, schemes = ["dark", "light"]) => {
  for (const colorScheme of schemes) {
    await page.emulateMedia({ colorScheme });
    assert.deepEqual(await page.evaluate(inspect, CONTRAST_MIN), [], `${colorScheme}: ${page.url()}`);
  }
};
