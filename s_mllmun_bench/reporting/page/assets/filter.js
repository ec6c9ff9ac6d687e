/* Which questions fit the filters, and in which order. */

/* For every text, whether it holds what is searched for; capitals make no difference. */
function textsWith(data, search) {
  const wanted = search.toLocaleLowerCase();
  data.lower ??= data.texts.map((text) => text.toLocaleLowerCase());
  return data.lower.map((text) => text.includes(wanted));
}

function matching(data, wanted) {
  const asked = data.questions;
  const runs = wanted.run < 0 ? data.answers : [data.answers[wanted.run]];
  const found = wanted.search ? textsWith(data, wanted.search) : null;
  const kept = [];
  for (let i = 0; i < asked.id.length; i++) {
    if (wanted.set >= 0 && asked.set[i] !== wanted.set) continue;
    if (wanted.task >= 0 && asked.task[i] !== wanted.task) continue;
    if (wanted.attribute >= 0 && asked.attribute[i] !== wanted.attribute) continue;
    if (found && !isFound(asked, runs, i, found)) continue;
    if (runs.some((run) => answerFits(run, i, wanted))) kept.push(i);
  }
  return ordered(kept, runs, wanted);
}

function isFound(asked, runs, i, found) {
  if (found[asked.question[i]] || found[asked.reference[i]] || found[asked.id[i]]) return true;
  return runs.some((run) => run.text[i] >= 0 && found[run.text[i]]);
}

function answerFits(run, i, wanted) {
  if (wanted.kind !== null && run.kind[i] !== wanted.kind) return false;
  const score = run[wanted.metric.name][i];
  if (wanted.unscored) return score === null;
  if (wanted.least === null && wanted.most === null) return true;
  return score !== null && score >= (wanted.least ?? -Infinity) && score <= (wanted.most ?? Infinity);
}

/* What cannot be ordered, because scores are missing, stands last. */
function ordered(kept, runs, wanted) {
  if (wanted.order === "asked") return kept;
  const keys = new Map(kept.map((i) => [i, orderKey(runs, i, wanted)]));
  const sign = wanted.order === "low" ? 1 : -1;
  return kept.sort((a, b) => {
    const [one, other] = [keys.get(a), keys.get(b)];
    if (one === null || other === null) return (one === null) - (other === null) || a - b;
    return sign * (one - other) || a - b;
  });
}

function orderKey(runs, i, wanted) {
  const scores = runs.map((run) => run[wanted.metric.name][i]).filter((score) => score !== null);
  if (scores.length === 0) return null;
  if (wanted.order === "apart") return Math.max(...scores) - Math.min(...scores);
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}
