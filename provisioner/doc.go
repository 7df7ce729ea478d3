// Package provisioner is the contract between vendors, the engine and hives: what a vendor's author and a hive's
// developer name in their code.
//
//   - A vendor's author implements VendorSource, which answers a Query with Releases and a FetchRequest with Fetched
//     files.
//   - A hive's developer makes a Request and receives a Result and Events, from package provisioner/engine.
//   - Both classify failures by the Kind of an Error.
//
// The package contains no engine. It imports package catalog and small libraries only, so that a vendor's executable
// links neither unpackers nor compression codecs.
package provisioner
