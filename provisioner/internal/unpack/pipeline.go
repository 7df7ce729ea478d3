package unpack

import (
	"sync"
	"sync/atomic"
)

const (
	blockSize  = 1 << 20 // bytes
	blockCount = 3
)

// block is a part of a file.
type block struct {
	space []byte
	bytes []byte         // the used part of space
	inUse sync.WaitGroup // the stages that still read it
}

// newBlocks returns the blocks of a pipeline. Several pipelines may use them one after another.
func newBlocks() []*block {
	blocks := make([]*block, blockCount)
	for i := range blocks {
		blocks[i] = &block{space: make([]byte, blockSize)} // the runtime aligns it to pages
	}
	return blocks
}

// pipeline passes the same blocks to several users, for example one that hashes and one that writes. Each has a
// goroutine of its own, so the slowest one determines the speed, and not the sum of all.
type pipeline struct {
	stages []chan *block
	ended  sync.WaitGroup
	failed atomic.Pointer[error] // the first error of a user
}

func newPipeline(users ...func([]byte) error) *pipeline {
	p := &pipeline{}
	for _, use := range users {
		stage := make(chan *block, blockCount)
		p.stages = append(p.stages, stage)
		p.ended.Go(func() { p.run(stage, use) })
	}
	return p
}

func (p *pipeline) run(stage <-chan *block, use func([]byte) error) {
	for b := range stage {
		if p.err() == nil {
			if err := use(b.bytes); err != nil {
				p.failed.CompareAndSwap(nil, &err)
			}
		}
		b.inUse.Done()
	}
}

// pass gives b to all users. The caller must not change it until b.inUse is done.
func (p *pipeline) pass(b *block) {
	b.inUse.Add(len(p.stages))
	for _, stage := range p.stages {
		stage <- b
	}
}

func (p *pipeline) err() error {
	if err := p.failed.Load(); err != nil {
		return *err
	}
	return nil
}

// end waits until all blocks are processed, and returns the first error.
func (p *pipeline) end() error {
	for _, stage := range p.stages {
		close(stage)
	}
	p.ended.Wait()
	return p.err()
}
