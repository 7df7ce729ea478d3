// Command local-build serves the vendor of that name as a plugin of its own; see also plugins/github-release.
package main

import (
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/vendors/localbuild"
)

func main() { plugins.Serve(localbuild.New()) }
