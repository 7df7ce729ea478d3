import crypto from 'node:crypto';
import fs from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { invalid, VendorError } from './errors.js';

const maxPackument = 64 << 20; // bytes
const maxTarball = 16 * 2 ** 30;
const maxRedirects = 10;
const patience = 30_000; // ms without a byte

// Registry asks one npm registry. A token goes to its own scheme, host and port alone, and is never shown.
export class Registry {
  constructor(address, token) {
    try {
      this.url = new URL(address.endsWith('/') ? address : `${address}/`);
    } catch {
      throw invalid('registry: want an http or https address');
    }
    if (!/^https?:$/.test(this.url.protocol) || this.url.username || this.url.password || this.url.search) {
      throw invalid('registry: want an http or https address, without user and query', 'name the variable of a token in `token_env`');
    }
    this.token = token;
  }

  // packument is what the registry says of a package; null where it knows none. A scoped name is one element of the path.
  async packument(name, signal) {
    const at = new URL(name.replace('/', '%2f'), this.url);
    const { response, alive, done } = await this.get(at, signal, { accept: 'application/vnd.npm.install-v1+json' });
    try {
      if (response.status === 404) return null;
      this.mustBeOK(response, at);
      const parts = [];
      let size = 0;
      for await (const part of response.body) {
        alive();
        if ((size += part.length) > maxPackument) throw new VendorError('BAD_PAYLOAD', `what the registry says of ${name} is too long`);
        parts.push(part);
      }
      return JSON.parse(Buffer.concat(parts).toString('utf8'));
    } catch (err) {
      if (err instanceof SyntaxError) throw new VendorError('BAD_PAYLOAD', `the registry answers for ${name} with no JSON: ${err.message}`);
      throw unreachable(at, err, signal);
    } finally {
      done();
    }
  }

  // download writes a tarball to a file, by way of file.part, and tells how many bytes are there.
  async download(address, file, tell, signal) {
    const at = new URL(address);
    const { response, alive, done } = await this.get(at, signal, {});
    const part = await open(`${file}.part`, 'w');
    try {
      this.mustBeOK(response, at);
      const total = Number(response.headers.get('content-length')) || 0;
      let size = 0;
      tell(0, total);
      for await (const bytes of response.body) {
        alive();
        if ((size += bytes.length) > maxTarball) throw new VendorError('BAD_PAYLOAD', `${redact(at)} is too large`);
        await part.write(bytes);
        tell(size, total);
      }
    } catch (err) {
      throw unreachable(at, err, signal);
    } finally {
      done();
      await part.close();
    }
    await rm(file, { force: true });
    await rename(`${file}.part`, file);
  }

  // get follows redirects itself, to keep the token with its host and https with https. It gives up when no byte comes for long.
  async get(at, signal, headers) {
    const control = new AbortController();
    const timer = setTimeout(() => control.abort(new Error(`no byte came for ${patience / 1000} s`)), patience);
    const either = AbortSignal.any([signal, control.signal]);
    const done = () => clearTimeout(timer);
    try {
      let url = at;
      for (let i = 0; i <= maxRedirects; i++) {
        if (!/^https?:$/.test(url.protocol)) throw new VendorError('BAD_PAYLOAD', `${redact(url)} is neither http nor https`);
        const own = this.token && url.origin === this.url.origin ? { authorization: `Bearer ${this.token}` } : {};
        const response = await fetch(url, { redirect: 'manual', signal: either, headers: { ...headers, ...own } });
        const to = response.headers.get('location');
        if (response.status < 300 || response.status >= 400 || !to) return { response, alive: () => timer.refresh(), done };
        await response.body?.cancel();
        const next = new URL(to, url);
        if (url.protocol === 'https:' && next.protocol !== 'https:') {
          throw new VendorError('UNREACHABLE', `${redact(url)} leads from https to plain http`);
        }
        url = next;
      }
      throw new VendorError('UNREACHABLE', `${redact(at)} leads on and on`);
    } catch (err) {
      done();
      throw unreachable(at, err, signal);
    }
  }

  mustBeOK(response, at) {
    if (response.status === 200) return;
    const what = `${redact(at)}: the registry answers ${response.status}`;
    switch (response.status) {
      case 401:
      case 403:
        throw new VendorError('UNAUTHORIZED', what, 'name the variable that holds a token in the vendor\'s `config: {token_env: […]}`');
      case 404:
      case 410:
        throw new VendorError('NOT_FOUND', what, 'the version was removed');
      case 429:
        throw new VendorError('RATE_LIMITED', what, 'try again later');
      default:
        throw new VendorError('UNREACHABLE', what, 'the registry has a problem; try again later');
    }
  }
}

// unreachable gives an error of the network its kind, without the query that may sign an address.
function unreachable(at, err, signal) {
  if (err instanceof VendorError || signal.aborted) return err;
  if (err?.code && err.syscall && !err.address && err.path) return new VendorError('OTHER', `write: ${err.message}`, 'check the disk');
  const cause = err?.cause?.code ?? err?.cause?.message ?? err?.message;
  return new VendorError('UNREACHABLE', `${redact(at)}: ${cause}`, 'check the network and the vendor\'s `registry`');
}

// redact is an address without what may be secret in it.
export function redact(address) {
  const url = new URL(address);
  url.username = url.password = url.search = url.hash = '';
  return url.toString();
}

// digestOf is the digest of a file, in an algorithm's hexadecimal digits; empty if there is no such file.
export async function digestOf(file, algorithm, signal) {
  const hash = crypto.createHash(algorithm);
  try {
    for await (const bytes of fs.createReadStream(file, { signal })) hash.update(bytes);
  } catch (err) {
    if (err.code === 'ENOENT' || err.code === 'EISDIR') return '';
    throw err;
  }
  return `${algorithm}:${hash.digest('hex')}`;
}
