// The texts of the .proto files: that of vendors is in the folder above, or copied into this one.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

function read(name) {
  const file = [path.join(here, name), path.join(here, '..', name)].find((f) => fs.existsSync(f));
  if (!file) throw new Error(`${name} is missing: put it into ${here}`);
  return fs.readFileSync(file, 'utf8');
}

export const vendorProto = read('vendor.proto');
export const hostProto = read('host.proto');
