// VendorError is an error of a kind, which tells the host how to go on; see ErrorKind in vendor.proto.
export class VendorError extends Error {
  constructor(kind, message, hint = '') {
    super(message);
    this.kind = `ERROR_KIND_${kind}`;
    this.hint = hint;
  }
}

export const invalid = (message, hint) => new VendorError('INVALID_CONFIG', message, hint);

// errorInfo is any error as an ErrorInfo. What is none of this vendor's own is a fault of it, unless the call was cancelled.
export function errorInfo(err, signal) {
  if (signal.aborted) return { kind: 'ERROR_KIND_CANCELLED', message: `cancelled: ${signal.reason?.message ?? 'by the host'}` };
  if (err instanceof VendorError) return { kind: err.kind, message: err.message, hint: err.hint };
  console.error(err?.stack ?? err);
  return { kind: 'ERROR_KIND_PLUGIN_FAULT', message: String(err?.message ?? err) };
}
