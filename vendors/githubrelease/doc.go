// Package githubrelease is the vendor "github-release": it brings workers from the releases of a repository on GitHub
// or GitHub Enterprise. It lists the releases, reads versions out of tags, chooses the asset for the machine by what
// the words of its name mean, learns the digest that was published for it, and downloads it.
//
// It does not verify, unpack or install anything: the host does. All that it needs comes with a query, and the token
// from the environment; what it keeps in the query's CacheDir, the API's last answers, may be lost at any time.
package githubrelease
