package localbuild

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rbee-keeper/provision/provisioner"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/failure"
	"github.com/rbee-keeper/provision/vendors/localbuild/internal/toolrun"
)

// recipe is a digest of everything that changes the objects of a build, except the source and what the project's key
// covers. It is a digest because variables may hold secrets.
func (b *build) recipe() string {
	sum := sha256.New()
	given, err := json.Marshal([]any{b.Variables, b.Commands})
	if err != nil {
		panic("localbuild: encode options: " + err.Error()) // strings
	}
	fill := strings.NewReplacer("{version}", b.req.Release.Version.String(), "{commit}", b.checkout.details["commit"])
	fmt.Fprintf(sum, "%s\n", fill.Replace(string(given)))
	for _, name := range slices.Sorted(maps.Keys(b.found)) {
		fmt.Fprintf(sum, "%s %s %s\n", name, b.found[name].Path, b.found[name].Version)
	}
	for _, variable := range slices.Concat(toolrun.Inherited(toolrun.CompilerVariables), b.configuredEnv()) {
		fmt.Fprintf(sum, "%q\n", variable)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// recipeFile is kept in the workspace.
func (b *build) recipeFile() string { return filepath.Join(b.workDir, "recipe") }

// followsLast reports whether the last build used the same recipe, or there was none. Builders like make do not notice
// that a variable or a compiler changed.
func (b *build) followsLast() (bool, error) {
	last, err := os.ReadFile(b.recipeFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, b.writeRecipe()
	case err != nil:
		return false, provisioner.Errorf(provisioner.Other, "read recipe of the last build: %w", err)
	default:
		return string(last) == b.recipe(), nil
	}
}

func (b *build) writeRecipe() error {
	if err := os.WriteFile(b.recipeFile(), []byte(b.recipe()), 0o600); err != nil {
		return failure.Wrap(provisioner.Other, "write recipe", err)
	}
	return nil
}

// emptyFolder removes everything in a folder.
func emptyFolder(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}
