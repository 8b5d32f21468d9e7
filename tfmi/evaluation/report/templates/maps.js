// The maps follow the chosen domain and image; the last lines set all views going.
function ring(name, view) {
  view.signal("query", state.image);
  view.signal("near", domain().representations[name].near[state.image]);
  view.runAsync();
}

// Where no factor is known all points look the same.
const ALIKE = {
  name: "nothing", places: [], legend: [{ label: "images", color: "#0072B2", shape: "circle" }],
};
const factor = () => domain().factors[Number(chosen("factor") ?? 0)] ?? ALIKE;

function points(name) {
  const { places, legend } = factor();
  return domain().representations[name].maps[chosen("method")].map(([x, y], i) => (
    { i, x, y, entry: legend[places[i] ?? 0].label, about: describe(i) }));
}

function mapSpec(name) {
  const spec = structuredClone(DATA.map), { legend } = factor();
  const labels = legend.map((entry) => entry.label);
  const [marks, rings] = spec.layer;
  spec.data = { values: points(name) };
  spec.description = `${domain().representations[name].symbol}, ${chosen("method")}, coloured by ${spoken(factor().name)}`;
  marks.encoding.color.scale = { domain: labels, range: legend.map((e) => e.color) };
  marks.encoding.shape.scale = { domain: labels, range: legend.map((e) => e.shape) };
  marks.mark.stroke = "var(--panel)";
  marks.mark.strokeWidth = 0.4;
  rings.mark.stroke = "var(--ink)";
  for (const [key, value] of [["entry", state.entry], ["query", state.image],
    ["near", domain().representations[name].near[state.image]]]) {
    spec.params.find((param) => param.name === key).value = value;
  }
  return spec;
}

function mapCard(name) {
  const { size, explained, symbol } = domain().representations[name];
  const about = chosen("method") === "PCA"
    ? `2 axes hold ${percent(explained)} of the variance of ${size} numbers`
    : `of ${size} numbers`;
  const chart = element("div", { className: "chart" });
  const card = element("article", { className: "card" },
    element("h3", {}, `${symbol} of ${domain().name} `, element("small", {}, about)), chart);
  return { name, card, chart };
}

async function drawMaps() {
  const cards = Object.keys(domain().representations).map(mapCard);
  byId("map-pair").replaceChildren(...cards.map(({ card }) => card));
  state.cards = cards;
  const views = [];
  for (const { name, chart } of cards) {
    const view = await draw(chart, mapSpec(name));
    drawn.delete(chart);
    view.addEventListener("click", (_, item) => item?.datum?.i >= 0 && choose(item.datum.i));
    view.addEventListener("mouseover", (_, item) => item?.datum?.i >= 0 && preview(item.datum.i));
    views.push({ name, view });
  }
  if (state.cards === cards) state.views = views;
}

function legendButton({ label, color: fill, shape }) {
  const button = element("button", { type: "button", ariaPressed: "false" });
  button.innerHTML = `<svg viewBox="0 0 13 13" aria-hidden="true"><path fill="${fill}" d="${PATHS[shape]}"/></svg>`;
  button.append(label);
  button.addEventListener("click", () => standOut(label));
  button.dataset.entry = label;
  return button;
}

function standOut(label) {
  state.entry = state.entry === label ? null : label;
  for (const button of byId("legend").children) {
    button.setAttribute("aria-pressed", String(button.dataset.entry === state.entry));
  }
  for (const { view } of state.views) view.signal("entry", state.entry).runAsync();
}

function setFactor() {
  state.entry = null;
  const { legend } = factor();
  byId("legend").replaceChildren(...(legend.length > 1 ? legend.map(legendButton) : []));
  return drawMaps();
}

function fillFactors() {
  byId("factor-choice").parentElement.hidden = !domain().factors.length;
  byId("factor-choice").replaceChildren(...domain().factors.map((each, number) => {
    const input = element("input", { type: "radio", name: "factor", value: number, checked: !number });
    input.addEventListener("change", setFactor);
    return element("label", {}, input, element("span", {}, spoken(each.name)));
  }));
}

function setDomain() {
  state.domain = Number(chosen("domain") ?? 0);
  state.views = [];
  fillGrid();
  fillFactors();
  choose(domain().queries[0]);
  return setFactor();
}

for (const input of document.querySelectorAll('input[name="domain"]')) {
  input.addEventListener("change", setDomain);
}
for (const input of document.querySelectorAll('input[name="method"]')) {
  input.addEventListener("change", drawMaps);
}
document.addEventListener("themechange", drawMaps);
setDomain();
