/* A list that draws only the rows in view, so that its length costs nothing. */

const ROW_HEIGHT = 76;
const BEYOND = 4;

/* `draw(item)` returns a row's children, `choose(item)` is told the active one, `open()` that it is wanted. */
function makeList(box, draw, choose, open) {
  const inside = box.firstElementChild;
  let items = [];
  let active = -1;
  let waiting = false;

  function render() {
    waiting = false;
    const first = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT) - BEYOND);
    const last = Math.min(items.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW_HEIGHT) + BEYOND);
    const rows = [];
    for (let place = first; place < last; place++) rows.push(row(place));
    inside.replaceChildren(...rows);
    const seen = active >= first && active < last;
    if (seen) box.setAttribute("aria-activedescendant", `row-${active}`);
    else box.removeAttribute("aria-activedescendant");
  }

  function row(place) {
    const option = element("div", "option");
    option.id = `row-${place}`;
    option.dataset.place = place;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", String(place === active));
    option.setAttribute("aria-posinset", place + 1);
    option.setAttribute("aria-setsize", items.length);
    option.style.top = `${place * ROW_HEIGHT}px`;
    option.append(...draw(items[place]));
    return option;
  }

  function later() {
    if (!waiting) requestAnimationFrame(render);
    waiting = true;
  }

  function move(place) {
    if (items.length === 0) return;
    active = Math.min(items.length - 1, Math.max(0, place));
    const top = active * ROW_HEIGHT;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + ROW_HEIGHT > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_HEIGHT - box.clientHeight;
    render();
    choose(items[active], active, items.length);
  }

  box.addEventListener("scroll", later, { passive: true });
  new ResizeObserver(later).observe(box);
  box.addEventListener("click", (event) => {
    const option = event.target.closest(".option");
    if (!option) return;
    move(Number(option.dataset.place));
    open();
  });
  box.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.floor(box.clientHeight / ROW_HEIGHT) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter") open();
    else if (event.key in steps) move(active + steps[event.key]);
    else return;
    event.preventDefault();
  });

  return {
    /* Shows other items; the first, or the one given, becomes the active one. */
    show(next, item) {
      items = next;
      inside.style.height = `${items.length * ROW_HEIGHT}px`;
      active = -1;
      box.scrollTop = 0;
      render();
      move(Math.max(0, items.indexOf(item)));
    },
    step: (by) => move(active + by),
    here: () => move(active),
  };
}
