// Command http-index serves the vendor of that name, which is not built in: it is installed as a third party's is.
package main

import (
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/vendors/httpindex"
)

func main() { plugins.Serve(httpindex.New()) }
