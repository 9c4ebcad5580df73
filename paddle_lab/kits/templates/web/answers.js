// What the model's numbers mean: a label, several labels, a score.

function softmax(values) {
  const largest = Math.max(...values);
  const powers = values.map(value => Math.exp(value - largest));
  const sum = powers.reduce((all, power) => all + power, 0);
  return powers.map(power => power / sum);
}

function sigmoid(value) {
  const small = Math.exp(-Math.abs(value));
  return (value >= 0 ? 1 : small) / (1 + small);
}

// The labels' numbers, most probable first.
function ranked(probabilities) {
  return [...probabilities.keys()].sort((one, other) => probabilities[other] - probabilities[one] || one - other);
}

function byLabel(settings, probabilities, order) {
  return order.map(index => ({ label: settings.label[index], probability: probabilities[index] }));
}

function oneLabel(settings, values) {
  const probabilities = softmax(values);
  const order = ranked(probabilities);
  const best = order[0];
  return {
    label: settings.label[best],
    ...(settings.value.length ? { value: settings.value[best] } : {}),
    probability: probabilities[best],
    probabilities: byLabel(settings, probabilities, order)
  };
}

// A label above another is at least as probable, and holds where that holds.
function severalLabels(settings, values) {
  const probabilities = values.map(sigmoid);
  for (const [below, above] of settings.parent) {
    probabilities[above] = Math.max(probabilities[above], probabilities[below]);
  }
  const holds = probabilities.map((probability, index) => probability >= settings.threshold[index]);
  for (const [below, above] of settings.parent) {
    holds[above] = holds[above] || holds[below];
  }
  const order = ranked(probabilities);
  return {
    labels: order.filter(index => holds[index]).map(index => settings.label[index]),
    probabilities: byLabel(settings, probabilities, order)
  };
}

function score(settings, values) {
  return { score: values[0] * settings.deviation + settings.mean, low: settings.low, high: settings.high };
}

// `values` are one row's outputs. `probabilities` is a list: an object would reorder names like "1".
export function answerOf(settings, row, values) {
  const kinds = { label: oneLabel, labels: severalLabels, score };
  return { ...kinds[settings.answer](settings, values), truncated: row.truncated, windows: 1, empty: row.empty };
}
