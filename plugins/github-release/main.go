// Command github-release serves the vendor of that name as a plugin of its own. The built-in one does the same; this
// one can be upgraded alone, and shows how a third party's is made.
package main

import (
	"github.com/rbee-keeper/provision/plugins"
	"github.com/rbee-keeper/provision/vendors/githubrelease"
)

func main() { plugins.Serve(githubrelease.New()) }
