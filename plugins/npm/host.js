// The protocol of vendor.proto: what any vendor for Node needs. A vendor is an object with describe(), resolve(query, signal) and
// fetch(request, report, signal); see npm.js.
import fs from 'node:fs';
import path from 'node:path';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protobuf from 'protobufjs';
import { hostProto, vendorProto } from '#protos';
import { errorInfo } from './errors.js';

const cookie = ['PROVISION_VENDOR_PLUGIN', 'b1c5f2a86d6e4f0f9a37'];
const maxMessage = 4 << 20;
const progressInterval = 1000 / 15;

// load makes a .proto's text what gRPC takes. The files of Google's that it imports come with protobufjs.
function load(text) {
  const { root, imports } = protobuf.parse(text, { keepCase: true });
  for (const name of imports) root.addJSON(protobuf.common.get(name).nested);
  return loader.fromJSON(root.toJSON(), { keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true });
}

const vendorMethods = load(vendorProto);
const hostMethods = load(hostProto);

// serve serves a vendor to the host that started this program.
export function serve(vendor) {
  if (process.env[cookie[0]] !== cookie[1]) {
    console.error("this program is a vendor of workers: name it as a vendor's `command` in provision's configuration");
    process.exit(1);
  }
  const running = new Set(); // an AbortController for each call
  const server = new grpc.Server({ 'grpc.max_receive_message_length': maxMessage, 'grpc.max_send_message_length': maxMessage });
  const end = () => {
    for (const call of running) call.abort(new Error('the host ends the vendor'));
    server.forceShutdown();
    process.exit(0);
  };
  server.addService(vendorMethods['provision.vendor.v1.Vendor'], handlers(vendor, running));
  addHostServices(server, end);
  process.stdin.on('end', end).on('error', end).resume();
  const address = path.join(process.env.PLUGIN_UNIX_SOCKET_DIR ?? '', 'vendor.sock');
  server.bindAsync(`unix:${address}`, grpc.ServerCredentials.createInsecure(), (err) => {
    if (err) throw err;
    fs.writeSync(1, `1|1|unix|${address}|grpc|\n`);
  });
}

function addHostServices(server, end) {
  server.addService(hostMethods['plugin.GRPCController'], {
    Shutdown: (_call, answer) => {
      answer(null, {});
      setImmediate(end);
    },
  });
  server.addService(hostMethods['plugin.GRPCStdio'], { StreamStdio: (call) => call.on('cancelled', () => call.end()) });
  const { Check } = hostMethods['plugin.Health'];
  server.addService({ Check: { ...Check, path: '/grpc.health.v1.Health/Check' } }, {
    Check: (call, answer) => {
      const known = ['', 'plugin'].includes(call.request.service);
      answer(known ? null : { code: grpc.status.NOT_FOUND, details: 'unknown service' }, { status: 1 });
    },
  });
}

function handlers(vendor, running) {
  // run does a call's work, which its cancellation ends, and answers.
  const run = async (call, work, done, failed) => {
    const control = new AbortController();
    running.add(control);
    call.on('cancelled', () => control.abort(new Error('the host cancelled the call')));
    try {
      done(await work(control.signal));
    } catch (err) {
      failed(statusOf(err, control.signal));
    } finally {
      running.delete(control);
    }
  };
  const unary = (work) => (call, answer) =>
    run(call, (signal) => work(call.request, signal), (result) => answer(null, result), (err) => answer(err));
  return {
    Describe: unary(() => vendor.describe()),
    Resolve: unary((request, signal) => vendor.resolve(parsed(request.query), signal)),
    Fetch: (call) => {
      const report = throttled((progress) => call.write({ progress }));
      const work = (signal) => vendor.fetch({ ...call.request, query: parsed(call.request.query) }, report, signal);
      run(call, work, (fetched) => {
        report.finish();
        call.write({ fetched });
        call.end();
      }, (err) => call.emit('error', err));
    },
  };
}

// parsed is a query with its configuration as text.
function parsed(query) {
  return { ...query, with: query.with.toString('utf8'), config: query.config.toString('utf8') };
}

// throttled passes on the first progress at once, and then the newest at most 15 times in a second; a message always.
export function throttled(send) {
  let last = 0;
  let held = null;
  const report = (progress) => {
    held = progress;
    if (progress.message || Date.now() - last >= progressInterval) report.finish();
  };
  report.finish = () => {
    if (held) send(held);
    held = null;
    last = Date.now();
  };
  return report;
}

// statusOf is an error as gRPC carries it, with the ErrorInfo that tells its kind.
function statusOf(err, signal) {
  const info = errorInfo(err, signal);
  const detail = {
    type_url: 'type.googleapis.com/provision.vendor.v1.ErrorInfo',
    value: vendorMethods['provision.vendor.v1.ErrorInfo'].serialize(info),
  };
  const metadata = new grpc.Metadata();
  const status = { code: grpc.status.UNKNOWN, message: info.message, details: [detail] };
  metadata.set('grpc-status-details-bin', hostMethods['plugin.Status'].serialize(status));
  return { code: grpc.status.UNKNOWN, details: info.message, metadata };
}
