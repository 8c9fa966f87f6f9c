package main

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestConfigFileShowsEveryKeyAtItsDefault(t *testing.T) {
	cfg, _, err := loadConfig("../../config.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if want := DefaultConfig(); !reflect.DeepEqual(cfg, want) {
		t.Errorf("config.yaml is\n%+v, the defaults are\n%+v", cfg, want)
	}
	text, err := os.ReadFile("../../config.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range leaves(reflect.ValueOf(&cfg).Elem(), nil) {
		key := l.path[len(l.path)-1]
		if !strings.Contains(string(text), "\n"+strings.Repeat("  ", len(l.path)-1)+key+":") {
			t.Errorf("config.yaml does not show %s", l.name())
		}
	}
}
