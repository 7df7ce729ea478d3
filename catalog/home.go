package catalog

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
)

const homeVariable = "RBEE_CACHE_DIR"

// Home is the absolute path of the folder that holds the catalogs: override if it is not empty, else $RBEE_CACHE_DIR,
// else the folder "rbee" in os.UserCacheDir. It need not exist.
func Home(override string) (string, error) {
	home := cmp.Or(override, os.Getenv(homeVariable))
	if home == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the user's cache folder: %w; set %s to the folder for the catalogs", err, homeVariable)
		}
		home = filepath.Join(cache, "rbee")
	}
	home, err := filepath.Abs(home)
	if err != nil {
		return "", fmt.Errorf("find the catalog's folder: %w", err)
	}
	return home, nil
}
