// The same as protos.js for a bundle, which carries the texts within itself.
export { default as vendorProto } from '../vendor.proto';
export { default as hostProto } from './host.proto';
