package io.gatehouse.plugins.logging.file;

import io.gatehouse.api.config.Default;
import io.gatehouse.api.config.Doc;
import io.gatehouse.api.config.Pattern;
import java.util.Map;

/** Where log entries go. */
@Doc(
        "Appends one line of JSON per request to a file. A file that was renamed or removed is followed by a new one at its"
                + " path; while the file cannot be written, entries wait, up to 10000 of them and 64 MiB.")
record FileLogConfig(
        @Doc("The file. It is made when it is not there; its folder is not. /dev/stdout and /dev/stderr are allowed.")
        @Pattern(
                value = "[^\\s*&%`]([^*&%`]*[^\\s*&%`])?",
                message = "not a valid filename (expected: no *, &, % or `, no blanks around it)")
        String path,

        @Doc("Close and open the file for every write. Not needed for rotation here: a renamed file is noticed anyway.")
        @Default("false")
        boolean reopen,

        @Doc(
                "Fields of the entry to set or delete, each with Lua code. Only code that returns a constant is supported; return nil deletes a field.")
        Map<String, String> customFieldsByLua) {
    FileLogConfig {
        customFieldsByLua = Map.copyOf(customFieldsByLua);
    }
}
