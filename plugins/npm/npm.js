import path from 'node:path';
import semver from 'semver';
import { invalid, VendorError } from './errors.js';
import { decode } from './options.js';
import { digestOf, redact, Registry } from './registry.js';

// npm's names of platforms and architectures.
const platforms = { linux: 'linux', macos: 'darwin', windows: 'win32' };
const archs = { amd64: 'x64', arm64: 'arm64', 386: 'ia32', arm: 'arm', ppc64le: 'ppc64', riscv64: 'riscv64', s390x: 's390x', loong64: 'loong64' };

const maxVersions = 2000;
const packageName = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

const options = [
  {
    name: 'package', kind: 'OPTION_KIND_STRING', required: true, identity: true,
    help: "name of the platform's package, such as @acme/worker-{platform}-{arch}; {type} is filled in too",
  },
  { name: 'tag', kind: 'OPTION_KIND_STRING', identity: true, help: 'a dist-tag, such as latest: offer the version that it names alone' },
  { name: 'prerelease', kind: 'OPTION_KIND_BOOL', help: 'take prereleases too' },
];

const settings = [
  { name: 'registry', kind: 'OPTION_KIND_STRING', required: true, identity: true, help: 'address of the registry' },
  { name: 'token_env', kind: 'OPTION_KIND_STRINGS', names_env: true, help: 'environment variables that may hold a token for the registry' },
];

export const vendor = {
  describe: () => ({
    name: 'npm', version: '0.1.0', options, settings, needs: { network: true, env: ['NODE_EXTRA_CA_CERTS'] },
  }),

  // resolve offers the versions of the platform's package.
  async resolve(query, signal) {
    const source = read(query);
    const [platform, arch] = [platforms[query.platform], archs[query.arch]];
    if (!platform || !arch) {
      return refuse('', source.package, 'UNSUPPORTED_PLATFORM', `npm has no name for ${query.platform}/${query.arch}`);
    }
    const name = fill(source.package, { platform, arch, type: query.type });
    const packument = await source.registry.packument(name, signal);
    if (!packument) return refuse('', name, 'NOT_FOUND', 'the registry has no such package');
    return offers(name, packument, source.tag);
  },

  // fetch brings the tarball. One that an earlier fetch left is kept if it has the digest; half of one is begun anew.
  async fetch({ query, release, dir }, report, signal) {
    const source = read(query);
    const promised = release.files[0];
    if (release.files.length !== 1 || !URL.canParse(release.ref)) {
      throw new VendorError('NOT_FOUND', `release ${release.version} is none of this registry`);
    }
    const file = path.join(dir, promised.name);
    const tell = (done, total) => report({
      phase: 'PHASE_DOWNLOAD', file: promised.name, done, total: Math.max(done, total), path: `${promised.name}.part`, settled: done,
    });
    const algorithm = promised.digest.split(':')[0];
    if (!algorithm || (await digestOf(file, algorithm, signal)) !== promised.digest) {
      await source.registry.download(release.ref, file, tell, signal);
    }
    return { files: [promised.name], details: { registry: source.registry.url.toString(), url: redact(release.ref) } };
  },
};

// read reads the configuration that comes with a query.
function read(query) {
  const asked = decode('with', query.with, options);
  const own = decode('config', query.config, settings);
  fill(asked.package, { platform: 'linux', arch: 'x64', type: 'cpu-llm' });
  const token = (own.token_env ?? []).map((name) => process.env[name]?.trim()).find(Boolean);
  return { ...asked, registry: new Registry(own.registry, token) };
}

// fill puts values into the name of a package.
function fill(template, values) {
  const name = template.replace(/\{(\w+)\}/g, (_, key) => {
    if (!(key in values)) throw invalid(`package: unknown placeholder {${key}}`, 'use {platform}, {arch} and {type}');
    return values[key];
  });
  if (!packageName.test(name) || name.length > 214) throw invalid(`package: ${name} is not the name of a package`);
  return name;
}

function refuse(version, asset, kind, reason) {
  return { releases: [], refused: [{ version, asset, kind: `ERROR_KIND_${kind}`, reason }] };
}

function offers(name, packument, tag) {
  const all = Object.keys(packument.versions ?? {}).filter((v) => semver.valid(v)).sort(semver.rcompare).slice(0, maxVersions);
  const tagged = packument['dist-tags']?.[tag];
  if (tag && !tagged) return refuse('', name, 'NOT_FOUND', `the package has no dist-tag ${tag}`);
  const answer = { releases: [], refused: [] };
  for (const version of all) {
    if (tag && version !== tagged) continue;
    const { dist } = packument.versions[version];
    if (dist?.tarball && URL.canParse(dist.tarball)) answer.releases.push(release(version, dist));
    else answer.refused.push({ version, asset: name, kind: 'ERROR_KIND_INCOMPLETE_RELEASE', reason: 'it has no tarball' });
  }
  return answer;
}

function release(version, dist) {
  const digest = digestIn(dist.integrity);
  return {
    version, tag: version, ref: dist.tarball,
    prerelease: semver.prerelease(version) !== null,
    integrity: digest ? 'INTEGRITY_PUBLISHED' : 'INTEGRITY_NONE',
    files: [{ name: path.posix.basename(new URL(dist.tarball).pathname), digest }],
  };
}

// digestIn reads subresource integrity, such as "sha512-<base64>": the strongest of what it holds, empty if that is too weak.
export function digestIn(integrity = '') {
  for (const [algorithm, size] of [['sha512', 64], ['sha256', 32]]) {
    for (const part of integrity.split(/\s+/)) {
      const sum = Buffer.from(part.slice(algorithm.length + 1).split('?')[0], 'base64');
      if (part.startsWith(`${algorithm}-`) && sum.length === size) return `${algorithm}:${sum.toString('hex')}`;
    }
  }
  return '';
}
