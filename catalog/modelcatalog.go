package catalog

import "strings"

// ModelCatalog is the catalog of the models of this machine.
type ModelCatalog struct{ *Filesystem[ModelEntry] }

// modelFolder names a model's folder as the Rust hive does. Two IDs may share a folder: adding the second one fails
// with ErrCollision.
var modelFolder = strings.NewReplacer("/", "-", ":", "-")

// NewModelCatalog opens the catalog in the Home of this user.
func NewModelCatalog() (*ModelCatalog, error) {
	home, err := Home("")
	if err != nil {
		return nil, err
	}
	return NewModelCatalogAt(home)
}

// NewModelCatalogAt opens the catalog below home, which need not exist.
func NewModelCatalogAt(home string) (*ModelCatalog, error) {
	c, err := NewFilesystem[ModelEntry](home, "models", modelFolder.Replace)
	if err != nil {
		return nil, err
	}
	return &ModelCatalog{c}, nil
}

// ModelPath is the folder that a model has or would have; empty for an ID that can have none.
func (c *ModelCatalog) ModelPath(id string) string {
	dir, _ := c.EntryDir(id)
	return dir
}
