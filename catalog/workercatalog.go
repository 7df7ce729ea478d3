package catalog

// WorkerCatalog is the catalog of the workers of this machine.
type WorkerCatalog struct{ *Filesystem[WorkerBinary] }

// NewWorkerCatalog opens the catalog in the Home of this user.
func NewWorkerCatalog() (*WorkerCatalog, error) {
	home, err := Home("")
	if err != nil {
		return nil, err
	}
	return NewWorkerCatalogAt(home)
}

// NewWorkerCatalogAt opens the catalog below home, which need not exist.
func NewWorkerCatalogAt(home string) (*WorkerCatalog, error) {
	c, err := NewFilesystem[WorkerBinary](home, "workers", nil)
	if err != nil {
		return nil, err
	}
	return &WorkerCatalog{c}, nil
}

// WorkerPath is the folder that a worker's executable has or would have; empty for an ID that can have none.
func (c *WorkerCatalog) WorkerPath(id string) string {
	dir, _ := c.EntryDir(id)
	return dir
}

// FindByTypeAndPlatform returns the newest available worker of a type for a platform, or ErrNotFound. Its architecture
// is this machine's, or for another platform that platform's usual one.
func (c *WorkerCatalog) FindByTypeAndPlatform(t WorkerType, p Platform) (WorkerBinary, error) {
	return c.Find(Match{Type: t, Platform: p})
}
