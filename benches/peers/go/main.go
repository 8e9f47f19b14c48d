// Reads and writes sessions with gorilla/securecookie as ordered on standard input: see languages.rs.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/gorilla/securecookie"
)

const (
	name   = "session"
	secret = "5f1c0a7b93de4862c1b7a9e0d3f46825"
)

type visitor struct {
	UserID uint64 `json:"user_id"`
	Name   string `json:"name"`
	Theme  string `json:"theme"`
	Visits uint32 `json:"visits"`
	Cart   []item `json:"cart"`
}

type item struct {
	Sku   string `json:"sku"`
	Name  string `json:"name"`
	Count uint32 `json:"count"`
}

func main() {
	// Signed and not encrypted, and JSON instead of gob, which takes longer.
	codec := securecookie.New([]byte(secret), nil).SetSerializer(securecookie.JSONEncoder{}).MaxAge(2 * 60 * 60)

	input := bufio.NewReader(os.Stdin)
	line, err := input.ReadBytes('\n')
	must(err)
	var sessions map[string][]visitor
	must(json.Unmarshal(line, &sessions))
	cookies := map[string][]string{}
	for size, values := range sessions {
		for _, value := range values {
			cookie, err := codec.Encode(name, value)
			must(err)
			cookies[size] = append(cookies[size], cookie)
		}
		var read visitor
		must(codec.Decode(name, cookies[size][0], &read))
		if read.UserID != values[0].UserID {
			panic("it does not read what it wrote")
		}
	}

	for {
		var verb, size string
		var turns int
		if _, err := fmt.Fscanln(input, &verb, &size, &turns); err != nil {
			return
		}
		values, texts := sessions[size], cookies[size]
		start := time.Now()
		for turn := 0; turn < turns; turn++ {
			if verb == "read" {
				var read visitor
				must(codec.Decode(name, texts[turn%len(texts)], &read))
			} else {
				_, err := codec.Encode(name, &values[turn%len(values)])
				must(err)
			}
		}
		fmt.Println(time.Since(start).Nanoseconds())
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
