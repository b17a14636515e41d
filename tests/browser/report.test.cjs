// The page as a reader has it: numbers, filters, the map; what a name may not do; what fits on a screen.
const assert = require("node:assert/strict");
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const { after, before, test } = require("node:test");
const chromium = require("@sparticuz/chromium");
const puppeteer = require("puppeteer-core");

const report = JSON.parse(readFileSync("report.json", "utf8"));
let browser, page;
const complaints = [];

before(async () => {
  browser = await puppeteer.launch({
    args: chromium.args, executablePath: await chromium.executablePath(), headless: "shell",
  });
  page = await browser.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("request", (request) => { if (!request.url().startsWith("file:")) complaints.push(request.url()); });
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto("file://" + join(process.cwd(), "report.html"));
});

after(async () => { await browser?.close(); });

const rows = () => page.$$eval("section.list tbody tr", (all) => all.filter((row) => row.offsetParent !== null).length);
const choose = (id, value) => page.$eval("#" + id, (field, value) => { field.value = value; field.dispatchEvent(new Event("input")); }, value);

test("the page says nothing to the console and asks nobody for anything", async () => {
  assert.deepEqual(complaints, []);
  assert.equal(await page.title(), "What is left to people");
});

test("it shows every item of the list, and counts them", async () => {
  assert.ok(report.Items.length > 100, "a space of 350 projects leaves something");
  assert.equal(await rows(), report.Items.length);
  assert.equal(await page.$eval("#shown", (shown) => shown.textContent), report.Items.length + " shown");
  const counts = await page.$$eval(".counts li", (all) => Object.fromEntries(all.map((one) => [one.lastChild.textContent, one.querySelector("b").textContent])));
  assert.equal(counts["secrets that people must enter"], String(report.Secrets.Open));
  assert.equal(counts["Held back until the cutover"], String(report.Items.filter((item) => item.Section === "Cutover").length));
  assert.equal(await page.$$eval(".progress tbody tr", (all) => all.length), report.Projects.length);
});

test("words, a section and a project each narrow the list, and together", async () => {
  const some = report.Items.find((item) => item.Project !== "" && item.Section === "Cutover");
  const of = (...tests) => report.Items.filter((item) => tests.every((test) => test(item))).length;
  const isOfIt = (item) => item.Project === some.Project, isHeld = (item) => item.Section === "Cutover";
  await choose("project", some.Project);
  assert.equal(await rows(), of(isOfIt));
  await choose("section", "Held back until the cutover");
  assert.equal(await rows(), of(isOfIt, isHeld));
  await choose("project", "");
  assert.equal(await rows(), of(isHeld));
  const headings = await page.$$eval("section.list h2", (all) => all.filter((one) => one.offsetParent !== null).length);
  assert.equal(headings, 1, "sections without a row are not shown");
  await choose("filter", "no such words anywhere");
  assert.equal(await rows(), 0);
  await choose("filter", "");
  await choose("section", "");
  assert.equal(await rows(), report.Items.length);
});

test("a name is words, whatever stands in it", async () => {
  const name = report.Projects.find((project) => project.Name.startsWith("<img"))?.Name;
  assert.ok(name, "the space has such a project");
  assert.equal(await page.$$eval("img, iframe, object", (all) => all.length), 0);
  assert.notEqual(await page.title(), "hit");
  assert.ok((await page.$eval(".progress", (table) => table.textContent)).includes(name));
});

test("the map has a line for each use, and no two names lie on each other", async () => {
  const uses = report.Projects.reduce((sum, project) => sum + project.Uses.length, 0);
  assert.ok(uses > 0);
  assert.equal(await page.$$eval("svg path", (all) => all.length), uses);
  const tops = await page.$$eval("svg text[text-anchor=end]", (all) => all.map((one) => one.getBoundingClientRect()).map((box) => [box.top, box.bottom]));
  assert.equal(tops.length, report.Projects.length);
  for (let at = 1; at < tops.length; at++) assert.ok(tops[at][0] >= tops[at - 1][0] + 8, `names ${at - 1} and ${at} of the map lie on each other`);
  const outside = await page.$$eval("svg text", (all) => {
    const map = document.querySelector("svg").getBoundingClientRect();
    return all.filter((one) => { const box = one.getBoundingClientRect(); return box.left < map.left - 1 || box.right > map.right + 1; }).length;
  });
  assert.equal(outside, 0, "names are cut off at the edge of the map");
});

for (const [name, width] of [["desk", 1280], ["phone", 390]]) {
  test(`nothing is wider than the screen of a ${name}`, async () => {
    await page.setViewport({ width, height: 900 });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${wide} pixels too wide`);
    await page.screenshot({ path: join(process.env.SHOTS, `report-${name}.png`), fullPage: false });
    const map = await page.$("svg");
    await map.scrollIntoView();
    await page.screenshot({ path: join(process.env.SHOTS, `report-map-${name}.png`) });
  });
}
