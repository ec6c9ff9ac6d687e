/* One question with its image, its reference and what each run answered. Every text from a run is set as
   text, never as HTML. */

function makeDetail(data, pictures, box, moves) {
  return function show(i, place, total, search) {
    const asked = data.questions;
    const text = (name) => data.texts[asked[name][i]];
    const top = element("div", "asked-of");
    if (asked.picture[i] >= 0) {
      const image = element("img");
      image.src = pictures[asked.picture[i]];
      image.alt = "The image that was shown with the question";
      top.append(image);
    }
    const said = element("div");
    said.append(
      element("span", "label", `${text("id")}, ${place + 1} of ${total}`),
      element("span", "label", placeText(data, i)),
      marked("h3", text("question"), search),
      element("span", "label", "Reference"),
      marked("p", text("reference"), search),
    );
    top.append(said);
    const replies = element("ul", "replies");
    replies.append(...data.answers.map((run, number) => reply(data, run, number, i, search)));
    box.replaceChildren(moveButtons(moves, text("person")), top, replies);
    box.scrollTop = 0;
  };
}

function placeText(data, i) {
  const { set, task, attribute } = data.questions;
  return [data.sets[set[i]], data.tasks[task[i]], data.attributes[attribute[i]]].map(words).join(" \u00b7 ");
}

function moveButtons(moves, person) {
  const row = element("div", "moves");
  const names = { back: "Back to the list", previous: "Previous", next: "Next", person: `All of ${person}` };
  for (const [name, text] of Object.entries(names)) {
    const button = element("button", name, text);
    button.type = "button";
    button.addEventListener("click", () => moves[name](person));
    row.append(button);
  }
  return row;
}

function reply(data, run, number, i, search) {
  const card = element("li", "reply");
  const kind = run.kind[i] < 0 ? "no_answer" : data.kinds[run.kind[i]];
  const head = element("h4");
  head.append(element("span", "", data.runs[number]), element("span", `tag ${kind}`, words(kind)));
  const marks = element("dl", "marks");
  for (const metric of data.metrics) {
    const one = element("div");
    const score = run[metric.name][i];
    one.append(element("dt", "", metric.label), element("dd", "", score === null ? "missing" : scoreText(metric, score)));
    marks.append(one);
  }
  card.append(head, answerText(data, run, i, search), marks);
  return card;
}

function answerText(data, run, i, search) {
  if (run.text[i] < 0) return element("p", "nothing", `No answer: ${data.texts[run.failure[i]] ?? "unknown why"}`);
  const text = data.texts[run.text[i]];
  return text.trim() === "" ? element("p", "nothing", "(empty)") : marked("p", text, search);
}

/* A text with what was searched for marked in it; its direction follows from its own letters. */
function marked(name, text, search) {
  const made = element(name);
  made.dir = "auto";
  const [lower, wanted] = [text.toLocaleLowerCase(), search.toLocaleLowerCase()];
  let from = 0;
  /* A few letters change their length with their case; then places in the one are not those in the other. */
  while (wanted && lower.length === text.length) {
    const at = lower.indexOf(wanted, from);
    if (at < 0) break;
    made.append(text.slice(from, at), element("mark", "", text.slice(at, at + wanted.length)));
    from = at + wanted.length;
  }
  made.append(text.slice(from));
  return made;
}
