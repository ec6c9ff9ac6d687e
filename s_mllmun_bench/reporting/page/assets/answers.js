/* The browser of answers: the filters decide the list, the list decides the question that is shown. */

const PAUSE = 120; /* milliseconds of typing's rest before a search */

async function startAnswers(section) {
  const data = await unpacked(document.getElementById("data"));
  const pictures = JSON.parse(document.getElementById("pictures").textContent);
  const form = section.querySelector("form");
  const browser = section.querySelector(".browser");
  const box = section.querySelector(".list");
  const detail = section.querySelector(".detail");
  fillForm(form.elements, data);
  fillKey(section.querySelector(".key"), data.runs);

  let wanted = wantedOf(form.elements, data);
  let chosen = data.texts.indexOf(decodeURIComponent(location.hash.slice(1)));
  chosen = chosen < 0 ? -1 : data.questions.id.indexOf(chosen);
  const isLinked = chosen >= 0;

  function open() {
    browser.classList.add("open");
    detail.focus();
  }
  function close() {
    browser.classList.remove("open");
    box.focus();
    list.here();
  }
  const moves = {
    back: close,
    previous: () => list.step(-1),
    next: () => list.step(1),
    person: (name) => { form.reset(); form.elements.search.value = name; update(); },
  };
  const show = makeDetail(data, pictures, detail, moves);
  const list = makeList(box, (i) => drawRow(data, pictures, i, wanted.metric), (i, place, total) => {
    const inside = detail.contains(document.activeElement) && document.activeElement.className;
    chosen = i;
    show(i, place, total, wanted.search);
    if ("ready" in section.dataset) history.replaceState(null, "", `#${encodeURIComponent(data.texts[data.questions.id[i]])}`);
    if (inside) (detail.getElementsByClassName(inside)[0] ?? detail).focus();
  }, open);

  function update() {
    wanted = wantedOf(form.elements, data);
    const kept = matching(data, wanted);
    section.querySelector(".found").textContent = foundText(kept.length, data.questions.id.length);
    browser.hidden = kept.length === 0;
    list.show(kept, chosen);
  }

  let pause;
  form.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(update, PAUSE); });
  form.addEventListener("reset", () => setTimeout(update));
  form.addEventListener("submit", (event) => event.preventDefault());
  section.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && detail.contains(event.target)) close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    form.elements.search.focus();
  });
  update();
  if (isLinked) section.scrollIntoView();
  section.dataset.ready = "";
}

function foundText(kept, all) {
  if (kept === 0) return "No question fits the filters.";
  const [some, total] = [kept.toLocaleString("en"), all.toLocaleString("en")];
  return kept === all ? `All ${total} questions` : `${some} of ${total} questions`;
}

function fillForm(fields, data) {
  const choices = {
    set: ["all", data.sets], task: ["all", data.tasks], attribute: ["all", data.attributes],
    run: ["any", data.runs], kind: ["all", data.kinds],
  };
  for (const [name, [none, names]] of Object.entries(choices)) {
    const shown = name === "run" ? names : names.map(words);
    fields[name].append(new Option(none, ""), ...shown.map((text, place) => new Option(text, place)));
  }
  fields.kind.append(new Option("no answer", "-1"));
  fields.metric.append(...data.metrics.map((metric, place) => new Option(metric.label, place)));
}

function fillKey(key, runs) {
  key.append(...runs.map((name, place) => {
    const item = element("li");
    item.append(element("b", "", String(place + 1)), ` ${name}`);
    return item;
  }));
}

function wantedOf(fields, data) {
  const place = (name) => (fields[name].value === "" ? -1 : Number(fields[name].value));
  const number = (name) => (fields[name].value === "" ? null : Number(fields[name].value));
  return {
    search: fields.search.value.trim(), set: place("set"), task: place("task"), attribute: place("attribute"),
    run: place("run"), kind: number("kind"), metric: data.metrics[Number(fields.metric.value)],
    least: number("least"), most: number("most"), order: fields.order.value, unscored: fields.unscored.checked,
  };
}

function drawRow(data, pictures, i, metric) {
  const asked = data.questions;
  const picture = asked.picture[i];
  const kind = asked.shown[i] < 0 ? "text" : data.images[asked.shown[i]].slice(0, 4);
  const thumb = picture < 0 ? element("span", "thumb none", kind) : element("img", "thumb");
  if (picture >= 0) {
    thumb.src = pictures[picture];
    thumb.alt = "";
  }
  const lines = element("div");
  const question = element("span", "line asked", data.texts[asked.question[i]]);
  question.dir = "auto";
  const pips = element("span", "pips");
  pips.append(...data.answers.map((run, number) => pip(run[metric.name][i], metric, data.runs[number])));
  lines.append(question, element("span", "line place", placeText(data, i)), pips);
  return [thumb, lines];
}

/* A score as a small box: the darker, the higher; whether high is good depends on the set. */
function pip(score, metric, run) {
  const level = score === null ? "unscored" : `level-${Math.min(4, Math.floor((score / metric.top) * 5))}`;
  const made = element("span", `pip ${level}`, scoreText(metric, score));
  made.title = `${run}: ${metric.label} ${score === null ? "missing" : scoreText(metric, score)}`;
  return made;
}
