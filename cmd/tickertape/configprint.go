package main

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"tickertape/broadcast/admission"
)

func configCommand(file *string) *cobra.Command {
	c := &cobra.Command{Use: "config", Short: "Check or print the configuration", Args: noArgs, RunE: func(*cobra.Command, []string) error {
		return usageError{fmt.Errorf("config: want check or print")}
	}}
	check := &cobra.Command{Use: "check", Short: "Report all mistakes, exit 2 if there are any", Args: noArgs}
	check.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, warnings, err := loadConfig(*file, nil)
		if err != nil {
			return err
		}
		if err := checkRecorded(cfg.Feed); err != nil {
			return err
		}
		for _, w := range warnings {
			fmt.Fprintln(cmd.ErrOrStderr(), "warning:", w)
		}
		fmt.Fprintln(cmd.OutOrStdout(), "ok")
		return nil
	}
	show := &cobra.Command{Use: "print", Short: "Print the configuration that holds, after all layers", Args: noArgs}
	show.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, _, err := loadConfig(*file, nil)
		if err != nil {
			return err
		}
		return printConfig(cmd, cfg)
	}
	c.AddCommand(check, show)
	return c
}

func printConfig(cmd *cobra.Command, cfg Config) error {
	enc := yaml.NewEncoder(cmd.OutOrStdout())
	enc.SetIndent(2)
	if err := enc.Encode(node(reflect.ValueOf(cfg))); err != nil {
		return err
	}
	return enc.Close()
}

// node is a value as YAML. loadConfig reads the same value from it, except for secrets in addresses.
func node(v reflect.Value) *yaml.Node {
	switch {
	case v.Type() == durationType:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: plainDuration(time.Duration(v.Int()))}
	case v.Type() == sizeType:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: v.Interface().(admission.Size).String()}
	case v.Kind() == reflect.Struct:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() {
				continue
			}
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("mapstructure"), ",")
			value := node(v.Field(i))
			if options == "squash" {
				n.Content = append(n.Content, value.Content...)
			} else {
				n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
			}
		}
		return n
	case v.Kind() == reflect.Array:
		n := &yaml.Node{Kind: yaml.MappingNode}
		for i, key := range v.Interface().(keyed).Keys() {
			n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key}, node(v.Index(i)))
		}
		return n
	case v.Kind() == reflect.Slice:
		n := &yaml.Node{Kind: yaml.SequenceNode}
		if v.Len() == 0 || v.Index(0).Kind() == reflect.String {
			n.Style = yaml.FlowStyle
		}
		for i := range v.Len() {
			n.Content = append(n.Content, node(v.Index(i)))
		}
		return n
	default:
		var n yaml.Node
		shown := redacted(v)
		if err := n.Encode(shown.Interface()); err != nil {
			panic(err) // numbers, text and booleans always encode
		}
		if !shown.Equal(v) {
			n.LineComment = "*** is a secret, not printed"
		}
		return &n
	}
}

// plainDuration formats a duration without trailing units that are zero: 6h30m, not 6h30m0s.
func plainDuration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}
