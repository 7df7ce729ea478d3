import { invalid } from './errors.js';

const strings = (value) => Array.isArray(value) && value.every((v) => typeof v === 'string');

const accepts = {
  OPTION_KIND_STRING: (value) => typeof value === 'string',
  OPTION_KIND_BOOL: (value) => typeof value === 'boolean',
  OPTION_KIND_STRINGS: strings,
};

// decode reads the JSON object of `with` or `config` by the options that the vendor declares; anything else in it is refused.
export function decode(where, text, options) {
  let values;
  try {
    values = text.trim() === '' ? {} : JSON.parse(text);
  } catch (err) {
    throw invalid(`${where}: ${err.message}`);
  }
  if (values === null || typeof values !== 'object' || Array.isArray(values)) throw invalid(`${where}: want an object`);
  for (const [key, value] of Object.entries(values)) {
    const option = options.find((o) => o.name === key);
    if (!option) throw invalid(`${where}: unknown key ${key}`, `use ${options.map((o) => o.name).join(', ')}`);
    if (!accepts[option.kind](value)) throw invalid(`${where}: ${key}: ${option.help}`);
  }
  for (const { name, required, help } of options) {
    if (required && !values[name]) throw invalid(`${where}: ${name} is missing`, `set it: ${help}`);
  }
  return values;
}
