package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"tickertape/broadcast/admission"
)

// leaf is one key of the configuration and the field that it sets.
type leaf struct {
	path  []string
	value reflect.Value
}

func (l leaf) key() string  { return strings.Join(l.path, delimiter) }
func (l leaf) name() string { return strings.Join(l.path, ".") }

// environment is the variable that overrides the key.
func (l leaf) environment() string {
	return "TICKERTAPE_" + strings.ToUpper(strings.Join(l.path, "_"))
}

// keyed is an array whose values have keys of their own, such as the bars kept of each interval.
type keyed interface{ Keys() []string }

// leaves are all keys of a struct, in order.
func leaves(v reflect.Value, path []string) []leaf {
	var all []leaf
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() {
			continue // what the program says
		}
		tag := v.Type().Field(i).Tag.Get("mapstructure")
		name, options, _ := strings.Cut(tag, ",")
		field := v.Field(i)
		switch {
		case options == "squash":
			all = append(all, leaves(field, path)...)
		case field.Kind() == reflect.Struct:
			all = append(all, leaves(field, append(slices.Clone(path), name))...)
		case field.Kind() == reflect.Array:
			for i, key := range field.Interface().(keyed).Keys() {
				all = append(all, leaf{append(slices.Clone(path), name, key), field.Index(i)})
			}
		default:
			all = append(all, leaf{append(slices.Clone(path), name), field})
		}
	}
	return all
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	sizeType     = reflect.TypeFor[admission.Size]()
	wants        = map[reflect.Kind]string{
		reflect.Int: "a whole number", reflect.Uint64: "a whole number from 0 up", reflect.Float64: "a number",
		reflect.Bool: "true or false", reflect.String: "text", reflect.Slice: "a list",
	}
)

// set gives the field a value from the file or, as text, from the environment. Its error names
// the key, the value and what is wanted.
func (l leaf) set(raw any) error {
	if raw == nil {
		return nil // a key without a value keeps its default
	}
	t := l.value.Type()
	want := wants[t.Kind()]
	if t == durationType {
		want = `a duration with its unit, such as "100ms" or "5s"`
	}
	if t == sizeType {
		want = `a size with its unit, such as "512MiB" or "4KiB"`
	}
	wrong := func() error { return fmt.Errorf("%s: %s is not %s", l.name(), shown(raw), want) }
	if reflect.TypeOf(raw) == t {
		l.value.Set(reflect.ValueOf(raw))
		return nil
	}
	text, isText := raw.(string)
	switch {
	case t == durationType:
		if raw == 0 {
			text, isText = "0s", true
		}
		d, err := time.ParseDuration(text)
		if !isText || err != nil {
			return wrong()
		}
		l.value.SetInt(int64(d))
		return nil
	case t == sizeType:
		n, err := size(raw)
		if err != nil {
			return wrong()
		}
		l.value.SetInt(int64(n))
		return nil
	case t.Kind() == reflect.String: // text has been taken above
		n, isNumber := raw.(int)
		if !isNumber {
			return wrong()
		}
		l.value.SetString(strconv.Itoa(n)) // a column's number needs no quotes
		return nil
	case isText && t.Kind() == reflect.Slice:
		return l.setList(text, wrong)
	case isText:
		n, err := number(text, t.Kind())
		if err != nil {
			return wrong()
		}
		raw = n
	}
	return l.decode(raw, wrong)
}

// size reads a size with its unit; a whole number alone is bytes.
func size(raw any) (admission.Size, error) {
	text := fmt.Sprint(raw)
	if _, err := strconv.ParseUint(text, 10, 64); err == nil {
		text += "B"
	}
	return admission.ParseSize(text)
}

// number reads text, which is what the environment has, as the field's kind.
func number(text string, kind reflect.Kind) (any, error) {
	switch kind {
	case reflect.Bool:
		return strconv.ParseBool(text)
	case reflect.Float64:
		return strconv.ParseFloat(text, 64)
	case reflect.Uint64:
		return strconv.ParseUint(text, 10, 64)
	default:
		return strconv.Atoi(text)
	}
}

// setList reads a list from text: YAML in brackets, or words between commas.
func (l leaf) setList(text string, wrong func() error) error {
	var list []any
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		if err := yaml.Unmarshal([]byte(text), &list); err != nil {
			return wrong()
		}
	} else {
		for word := range strings.SplitSeq(text, ",") {
			if word = strings.TrimSpace(word); word != "" {
				list = append(list, word)
			}
		}
	}
	return l.decode(list, wrong)
}

func (l leaf) decode(raw any, wrong func() error) error {
	if list, isList := raw.([]any); isList && l.value.Type() == reflect.TypeFor[[]string]() {
		raw = slices.Clone(list)
		for i, e := range list {
			if n, isNumber := e.(int); isNumber {
				raw.([]any)[i] = strconv.Itoa(n)
			}
		}
	}
	decoded := func(raw any) (reflect.Value, error) {
		fresh := reflect.New(l.value.Type()) // decoded over the default, its list elements would linger
		d, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: fresh.Interface(), ErrorUnused: true})
		if err == nil {
			err = d.Decode(raw)
		}
		return fresh.Elem(), err
	}
	if f, isFloat := raw.(float64); isFloat && l.value.Kind() != reflect.Float64 || isFloat && f != f {
		return wrong() // 2.5 would lose its half
	}
	if n, isInt := raw.(int); isInt && n < 0 && l.value.Kind() == reflect.Uint64 {
		return wrong()
	}
	fresh, err := decoded(raw)
	if err != nil {
		if l.value.Kind() == reflect.Slice {
			if _, redacted := decoded(redactAny(raw)); redacted != nil {
				err = redacted // it quotes values
			}
			return fmt.Errorf("%s: %s: %s", l.name(), shown(raw), strings.Join(strings.Fields(detail(err)), " "))
		}
		return wrong()
	}
	l.value.Set(fresh)
	return nil
}

// detail is the text of a decoder's error, without its introduction.
func detail(err error) string {
	_, after, found := strings.Cut(err.Error(), "error(s):")
	if !found {
		return err.Error()
	}
	return after
}

// shown is a value as errors quote it: redacted, and at most 80 bytes long.
func shown(v any) string {
	v = redactAny(v)
	b, err := json.Marshal(v)
	if err != nil { // a key that is no text, or a number that is none
		b = fmt.Append(nil, v)
	}
	if len(b) > 80 {
		b = append(b[:80], "…"...)
	}
	return string(b)
}

// unknownKeys are the keys of the file that no field has. A section in the place of a value, or a value in the place of a
// section, is unknown, too; an empty section is not.
func unknownKeys(v *viper.Viper, known []leaf) []string {
	var unknown []string
	for _, key := range v.AllKeys() {
		isKnown := func(l leaf) bool {
			return l.key() == key || v.Get(key) == nil && strings.HasPrefix(l.key(), key+delimiter)
		}
		if !slices.ContainsFunc(known, isKnown) {
			unknown = append(unknown, strings.ReplaceAll(key, delimiter, "."))
		}
	}
	slices.Sort(unknown)
	return unknown
}

// suggest names the known key that is most like an unknown one, "" when none is.
func suggest(key string, known []leaf) string {
	best, name := 4, ""
	for _, l := range known {
		if d := distance(key, l.name()); d < best {
			best, name = d, l.name()
		}
	}
	if name == "" {
		return ""
	}
	return fmt.Sprintf(" (is it %s?)", name)
}

// distance is how many letters differ (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// strayEnvironment warns of TICKERTAPE_ variables that belong to no key. They are no error, since container platforms set
// some for a service of this name.
func strayEnvironment(environ []string, known []leaf) []string {
	var warnings []string
	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "TICKERTAPE_") || slices.ContainsFunc(known, func(l leaf) bool { return l.environment() == name }) {
			continue
		}
		best, meant := 4, ""
		for _, l := range known {
			if d := distance(name, l.environment()); d < best {
				best, meant = d, " (is it "+l.environment()+"?)"
			}
		}
		warnings = append(warnings, fmt.Sprintf("environment %s: no key has this name%s", name, meant))
	}
	slices.Sort(warnings)
	return warnings
}
