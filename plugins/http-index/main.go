// Command http-index serves the vendor http-index. It is not built into provision: it is installed like a vendor of a
// third party.
package main

import (
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/vendors/httpindex"
)

func main() { plugins.Serve(httpindex.New()) }
