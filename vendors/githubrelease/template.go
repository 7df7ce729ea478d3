package githubrelease

import (
	"regexp"
	"strings"

	"github.com/rbee-keeper/provision/vendors/internal/lazyregexp"
)

// template is a pattern of names in which {version} and {tag} stand for those of the release at hand.
type template struct {
	key, text string
}

var placeholder = lazyregexp.New(`\{([a-z_]+)\}`)

// parseTemplate checks a template of the source's key. An unknown placeholder would match nothing, ever.
func parseTemplate(key, text string) (*template, error) {
	t := &template{key: key, text: text}
	if text == "" {
		return nil, invalid(key, "a pattern is empty")
	}
	// by itself, so that no parenthesis escapes from the group that fill adds
	if _, err := regexp.Compile(text); err != nil {
		return nil, invalid(key, "the pattern %q can't be read: %v", text, err)
	}
	for _, at := range placeholder().FindAllStringSubmatchIndex(text, -1) {
		name := text[at[2]:at[3]]
		isClass := at[0] >= 2 && strings.ContainsAny(text[at[0]-1:at[0]], "pPx") && text[at[0]-2] == '\\'
		if name != "version" && name != "tag" && !isClass {
			return nil, invalid(key, "the pattern %q has the unknown placeholder {%s}; there are {version} and {tag}", text,
				name)
		}
	}
	if _, err := t.fill("0", "v0"); err != nil {
		return nil, err
	}
	return t, nil
}

// fill makes the pattern of whole names for one release.
func (t *template) fill(version, tag string) (*regexp.Regexp, error) {
	filled := strings.NewReplacer("{version}", regexp.QuoteMeta(version), "{tag}", regexp.QuoteMeta(tag)).Replace(t.text)
	re, err := regexp.Compile(`^(?:` + filled + `)$`)
	if err != nil {
		return nil, invalid(t.key, "the pattern %q can't be read: %v", t.text, err)
	}
	return re, nil
}

// fillName makes a name of one that may hold placeholders.
func fillName(name, version, tag string) string {
	return strings.NewReplacer("{version}", version, "{tag}", tag).Replace(name)
}
