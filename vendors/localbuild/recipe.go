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

// recipe sums up what goes into the objects of a build beside its source, but for what the project's key tells already.
// It is a digest, as variables may hold secrets.
func (s *site) recipe() string {
	sum := sha256.New()
	given, err := json.Marshal([]any{s.Variables, s.Commands})
	if err != nil {
		panic("localbuild: encode options: " + err.Error()) // strings
	}
	fill := strings.NewReplacer("{version}", s.req.Release.Version.String(), "{commit}", s.tree.details["commit"])
	fmt.Fprintf(sum, "%s\n", fill.Replace(string(given)))
	for _, name := range slices.Sorted(maps.Keys(s.found)) {
		fmt.Fprintf(sum, "%s %s %s\n", name, s.found[name].Path, s.found[name].Version)
	}
	for _, variable := range slices.Concat(toolrun.Inherited(toolrun.CompilerVariables), s.configured()) {
		fmt.Fprintf(sum, "%q\n", variable)
	}
	return fmt.Sprintf("%x", sum.Sum(nil))
}

// recipeFile is in the folder that is kept for the next build.
func (s *site) recipeFile() string { return filepath.Join(s.work, "recipe") }

// followsLast reports whether what the last build left was made by the same recipe, or there was none: make compiles
// nothing anew because a variable or a compiler is another one now.
func (s *site) followsLast() (bool, error) {
	last, err := os.ReadFile(s.recipeFile())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, s.noteRecipe()
	case err != nil:
		return false, provisioner.Errorf(provisioner.Other, "read recipe of the last build: %w", err)
	default:
		return string(last) == s.recipe(), nil
	}
}

func (s *site) noteRecipe() error {
	if err := os.WriteFile(s.recipeFile(), []byte(s.recipe()), 0o600); err != nil {
		return failure.Wrap(provisioner.Other, "note recipe", err)
	}
	return nil
}

// emptyFolder removes all that is in a folder.
func emptyFolder(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	return os.Mkdir(dir, 0o700)
}
