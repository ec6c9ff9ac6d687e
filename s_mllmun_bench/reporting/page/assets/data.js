/* What the page carries: the questions and answers in columns, and each image once.

   Every text stands once in `texts` and is known by its place there; -1 is no text, no class, no image.
   A score that is missing is null, never 0. */

async function unpacked(element) {
  const packed = atob(element.textContent);
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function words(name) {
  return name.replaceAll("_", " ");
}

function scoreText(metric, score) {
  return score === null ? "\u2013" : score.toFixed(metric.top === 1 ? 2 : Number.isInteger(score) ? 0 : 1);
}
