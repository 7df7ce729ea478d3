package engine

import "regexp"

var (
	addressUser  = regexp.MustCompile(`(://)[^/\s]*@`)
	addressQuery = regexp.MustCompile(`(://[^\s?#]*)[?#]\S*`)
	bareUser     = regexp.MustCompile(`(^|\s)[^\s/@:]+:[^\s/@]+@`)
)

// withoutSecrets drops the user info and the query of every URL, wherever it stands.
func withoutSecrets(details map[string]string) map[string]string {
	clean := make(map[string]string, len(details))
	for key, value := range details {
		value = addressUser.ReplaceAllString(value, "$1")
		value = addressQuery.ReplaceAllString(value, "$1")
		clean[key] = bareUser.ReplaceAllString(value, "$1")
	}
	return clean
}
