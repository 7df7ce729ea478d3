package engine

import "github.com/rbee-keeper/provision/provisioner/redact"

// withoutSecrets returns details with the userinfo and the query of every URL removed.
func withoutSecrets(details map[string]string) map[string]string {
	clean := make(map[string]string, len(details))
	for key, value := range details {
		clean[key] = redact.Text(value)
	}
	return clean
}
