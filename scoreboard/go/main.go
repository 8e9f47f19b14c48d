// gorilla/securecookie in its defaults, signed: a cookie as its documentation sets it.
package main

import (
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/gorilla/securecookie"
)

func main() {
	name := os.Getenv("NAME")
	codec := securecookie.New([]byte(os.Getenv("KEY")), nil)
	useClock(codec)

	get := func(request *http.Request) map[string]string {
		values := map[string]string{}
		if cookie, err := request.Cookie(name); err == nil {
			if codec.Decode(name, cookie.Value, &values) != nil {
				return map[string]string{}
			}
		}
		return values
	}
	set := func(response http.ResponseWriter, values map[string]string) {
		encoded, err := codec.Encode(name, values)
		if err != nil {
			http.Error(response, "", 500)
			return
		}
		http.SetCookie(response, &http.Cookie{Name: name, Value: encoded, Path: "/", HttpOnly: true})
	}

	http.HandleFunc("/read", func(response http.ResponseWriter, request *http.Request) {
		user := get(request)["user"]
		if user == "" {
			user = "null"
		}
		response.Write([]byte(user))
	})
	http.HandleFunc("/login", func(response http.ResponseWriter, request *http.Request) {
		values := map[string]string{"user": "42"}
		if size, err := strconv.Atoi(request.URL.Query().Get("size")); err == nil {
			values["filler"] = strings.Repeat("x", size)
		}
		set(response, values)
	})
	http.HandleFunc("/change", func(response http.ResponseWriter, request *http.Request) {
		values := get(request)
		n, _ := strconv.Atoi(values["n"])
		values["n"] = strconv.Itoa(n + 1)
		set(response, values)
	})
	http.HandleFunc("/logout", func(response http.ResponseWriter, request *http.Request) {
		http.SetCookie(response, &http.Cookie{Name: name, Path: "/", MaxAge: -1})
	})
	if err := http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil); err != nil {
		panic(err)
	}
}

// Gives the codec the clock of the scoreboard, in the field that its own tests use: Go asks the kernel for the time, where
// libfaketime does not come.
func useClock(codec *securecookie.SecureCookie) {
	field := reflect.ValueOf(codec).Elem().FieldByName("timeFunc")
	*(*func() int64)(unsafe.Pointer(field.UnsafeAddr())) = func() int64 {
		text, _ := os.ReadFile(os.Getenv("FAKETIME_TIMESTAMP_FILE"))
		ahead, _ := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return time.Now().UTC().Unix() + ahead
	}
}
