package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
)

func (a *app) printDiagnosis(d diagnosis) error {
	if a.json {
		return a.print(d)
	}
	var facts, sources, tools, variables, sandboxes [][]string
	for _, f := range d.Facts {
		facts = append(facts, []string{f.Key, cmp.Or(f.Value, "unknown"), f.Source})
	}
	for _, s := range d.Sources {
		sources = append(sources, []string{s.WorkerType, s.Vendor, yesNo(s.Fallback), s.Where})
	}
	for _, t := range d.Tools {
		tools = append(tools, []string{t.Name, cmp.Or(t.Path, "missing"), strings.Join(t.Vendors, ", ")})
	}
	for _, v := range d.Environment {
		variables = append(variables, []string{v.Name, strings.Join(v.Vendors, ", ")})
	}
	for _, s := range d.Sandbox {
		sandboxes = append(sandboxes, []string{s.Vendor, strings.Join(s.InForce(), "; ")})
		for _, missing := range s.Missing {
			sandboxes = append(sandboxes, []string{"", "lacking: " + missing})
		}
	}
	files := [][]string{{"built in"}}
	for _, file := range d.Configuration.Files {
		files = append(files, []string{file})
	}
	if d.Configuration.Problem != "" {
		files = [][]string{{"can't be read"}}
	}
	return a.printSections([]section{
		{"FACT\tVALUE\tSOURCE", facts},
		{"CACHE FOLDER\tFREE\tWRITABLE", [][]string{{orDash(d.Cache.Path), d.Cache.free(), yesNo(d.Cache.Writable)}}},
		{"CONFIGURATION", files},
		{"TYPE\tVENDOR\tFALLBACK\tCONFIGURED AT", sources},
		{"TOOL\tPATH\tNEEDED BY", tools},
		{"VENDOR\tSANDBOX", sandboxes},
		{"VARIABLE THAT IS SET\tHANDED ON TO", variables},
	})
}

// section is a table with a heading.
type section struct {
	heading string
	rows    [][]string
}

// printSections leaves out those without rows.
func (a *app) printSections(sections []section) error {
	separator := ""
	for _, s := range sections {
		if len(s.rows) == 0 {
			continue
		}
		table := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, separator+s.heading)
		for _, row := range s.rows {
			fmt.Fprintln(table, strings.Join(row, "\t"))
		}
		if err := table.Flush(); err != nil {
			return err
		}
		separator = "\n"
	}
	return nil
}

func (c cacheState) free() string {
	if c.Free < 0 {
		return "unknown"
	}
	return formatBytes(c.Free)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
