// Reads vectors/native.json with Go's standard library alone, written from docs/format.md: go run native.go FILE
package main; import ("crypto/hmac"; "crypto/sha256"; b64 "encoding/base64"; "encoding/json"; "fmt"; "os"; "regexp"; "strings")
type object = map[string]any
type limits struct { Idle, Absolute uint64 }
type group struct { Keys []string; Name, Application string; Skew uint64; Lifetime, Permanent_lifetime limits; Tests []object }
const order = "absent too_long malformed invalid_signature not_yet_valid expired payload unsupported"
var envelope = regexp.MustCompile(strings.ReplaceAll(`(?s)^~\[~(0|[1-9]\d*)~,~(true|false)~,~(\{.*\})~\]~$`, "~", "[ \t\n\r]*"))
var letter = regexp.MustCompile(`^[A-Za-z]$`)

func need(ok bool, reason string) { if !ok { panic(reason) } }
func decode(text, reason string) []byte { // canonical URL-safe base64 without padding
	bytes, err := b64.RawURLEncoding.DecodeString(text)
	need(err == nil && b64.RawURLEncoding.EncodeToString(bytes) == text, reason)
	return bytes
}
func mac(key []byte, text string) []byte { h := hmac.New(sha256.New, key); h.Write([]byte(text)); return h.Sum(nil) }
func checkAge(then, now, skew, limit uint64) { need(then <= now+skew, "not_yet_valid"); need(then >= now || now-then <= limit, "expired") }

// Returns the members of an object that has no key twice.
func members(text []byte) (data object) {
	decoder, count, err := json.NewDecoder(strings.NewReader(string(text))), 0, error(nil)
	for decoder.Token(); err == nil && decoder.More(); count++ { var value any; decoder.Token(); err = decoder.Decode(&value) }
	need(json.Unmarshal(text, &data) == nil && data != nil && len(data) == count, "payload"); return data
}

// Returns the session, or the reason why there is none.
func judge(value string, now uint64, g group, best object, seen *int) (found object) {
	defer func() { if reason := recover(); reason != nil { found = object{"result": "invalid", "reason": reason} } }()
	need(len(value)+len(g.Name) <= 4096, "too_long")
	at, number, issued, created := len(value)-44, 0, uint64(0), uint64(0)
	need(at >= 0 && value[at] == '.', "malformed")
	signed, signature := value[:at], decode(value[at+1:], "malformed")
	dot := strings.LastIndexByte(signed, '.'); need(dot >= 0 && at-dot <= 12, "malformed")
	if *seen++; *seen > 8 { return best }
	salt := "cookie-session/v1/cookie/" + g.Name; if g.Application != "" { salt += "/" + g.Application }
	for n, key := range g.Keys {
		var secret []byte; fmt.Sscanf(key, "%x", &secret); if hmac.Equal(mac(mac(secret, salt), signed), signature) { number = n + 1 }
	}
	need(number > 0, "invalid_signature")
	stamp := decode(signed[dot+1:], "malformed"); need(len(stamp) <= 8 && (len(stamp) == 0 || stamp[0] > 0), "malformed")
	for _, digit := range stamp { issued = issued<<8 | uint64(digit) }
	longest, limit := g.Lifetime.Idle, g.Lifetime; if g.Permanent_lifetime.Idle > longest { longest = g.Permanent_lifetime.Idle }
	checkAge(issued, now, g.Skew, longest)
	if last, ok := best["issued"].(uint64); ok && last >= issued { return best }
	text := string(decode(signed[:dot], "payload")); parts := envelope.FindStringSubmatch(text)
	need(parts != nil && strings.ToValidUTF8(text, "") == text, "payload")
	_, err := fmt.Sscan(parts[1], &created); need(err == nil, "payload")
	if parts[2] == "true" { limit = g.Permanent_lifetime }
	checkAge(issued, now, g.Skew, limit.Idle); checkAge(created, now, g.Skew, limit.Absolute)
	var elements []json.RawMessage; need(json.Unmarshal([]byte("["+parts[3]+"]"), &elements) == nil && (len(elements) == 1 || len(elements) == 2), "payload")
	data := members(elements[0])
	for _, element := range elements[1:] {
		facts, upper := members(element), false; need(len(facts) >= 1 && len(facts) <= 16, "payload")
		for key := range facts { need(letter.MatchString(key), "payload"); upper = upper || key < "a" }
		need(!upper, "unsupported")
	}
	return object{"result": "valid", "key": number, "issued": issued, "created": created, "permanent": parts[2] == "true", "data": data}
}

func agrees(test object, g group) bool {
	best, seen := object{"result": "invalid", "reason": "absent"}, 0
	for _, line := range test["cookies"].([]any) {
		bytes := []byte{}; for _, c := range line.(string) { bytes = append(bytes, byte(c)) } // a character stands for a byte
		for _, pair := range strings.Split(string(bytes), ";") {
			name, value, ok := strings.Cut(pair, "="); if !ok || strings.Trim(name, " \t") != g.Name { continue }
			found := judge(strings.Trim(value, " \t"), uint64(test["now"].(float64)), g, best, &seen)
			further := func() bool { return strings.Index(order, found["reason"].(string)) > strings.Index(order, best["reason"].(string)) }
			if found["result"] == "valid" || best["result"] != "valid" && further() { best = found }
		}
	}
	for key, value := range best { a, _ := json.Marshal(value); b, _ := json.Marshal(test[key]); if string(a) != string(b) { return false } }
	return true
}

func main() {
	var file struct { TestGroups []group }; text, _ := os.ReadFile(os.Args[1])
	total, failed, err := 0, 0, json.Unmarshal(text, &file); for _, g := range file.TestGroups { for _, test := range g.Tests { if total++; !agrees(test, g) { failed++; fmt.Println(test["tcId"], "fails:", test["comment"]) } } }
	fmt.Printf("%d vectors, %d failed\n", total, failed)
	if err != nil || failed > 0 || total == 0 { os.Exit(1) }
}
