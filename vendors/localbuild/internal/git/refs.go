package git

import (
	"context"
	"strings"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

var commitName = lazyregexp.New(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// IsCommit reports whether s is a full commit hash: 40 or 64 hexadecimal digits.
func IsCommit(s string) bool { return commitName().MatchString(s) }

// Ref is a branch or tag and the commit it points to.
type Ref struct{ Commit, Name string }

// RemoteRefs lists the refs of the repository at url that match the patterns of `git ls-remote`, ordered by name.
func (g *Repo) RemoteRefs(ctx context.Context, url string, patterns ...string) ([]Ref, error) {
	answer, err := g.run(ctx, append([]string{"ls-remote", "--", url}, patterns...)...)
	return parseRefs(answer), err
}

// parseRefs reads the output of ls-remote. An annotated tag has two lines: one for the tag object and one, ending in
// "^{}", for its commit.
func parseRefs(answer string) []Ref {
	var refs []Ref
	for line := range strings.Lines(answer) {
		commit, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || !IsCommit(commit) {
			continue
		}
		tag, isPeeled := strings.CutSuffix(name, "^{}")
		if last := len(refs) - 1; isPeeled && last >= 0 && refs[last].Name == tag {
			refs[last].Commit = commit
			continue
		}
		refs = append(refs, Ref{commit, tag})
	}
	return refs
}
