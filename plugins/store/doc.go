// Package store keeps the plugins that a user installed, each in a read-only folder named by its digest, and opens
// executables so that what is started is what was checked.
//
//	<home>/plugins/acme.json               the record: where it came from, its digest, and what it says of itself
//	<home>/plugins/<sha256>/acme-vendor    the executable
//	<home>/state/plugins/                  what was checked before, and what may be forgotten
//
// It does not fetch plugins, and decides neither what a plugin is granted nor which worker types it serves: the
// configuration does.
package store
