package doctor

import (
	"cmp"
	"strings"

	"github.com/rbee-keeper/provision/cmd/provision/internal/report"
)

func (c *Doctor) print(d diagnosis) error {
	if c.JSON {
		return c.Print(d)
	}
	var facts, sources, tools, variables, sandboxes [][]string
	for _, f := range d.Facts {
		facts = append(facts, []string{f.Key, cmp.Or(f.Value, "unknown"), f.Source})
	}
	for _, s := range d.Sources {
		sources = append(sources, []string{s.WorkerType, s.Vendor, report.YesNo(s.Fallback), s.Where})
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
	return c.Sections(
		report.Section{Heading: "FACT\tVALUE\tSOURCE", Rows: facts},
		report.Section{Heading: "CACHE FOLDER\tFREE\tWRITABLE", Rows: [][]string{{report.OrDash(d.Cache.Path), d.Cache.free(), report.YesNo(d.Cache.Writable)}}},
		report.Section{Heading: "CONFIGURATION", Rows: files},
		report.Section{Heading: "TYPE\tVENDOR\tFALLBACK\tCONFIGURED AT", Rows: sources},
		report.Section{Heading: "TOOL\tPATH\tNEEDED BY", Rows: tools},
		report.Section{Heading: "VENDOR\tSANDBOX", Rows: sandboxes},
		report.Section{Heading: "VARIABLE THAT IS SET\tHANDED ON TO", Rows: variables},
	)
}

func (c cacheState) free() string {
	if c.Free < 0 {
		return "unknown"
	}
	return report.Bytes(c.Free)
}
