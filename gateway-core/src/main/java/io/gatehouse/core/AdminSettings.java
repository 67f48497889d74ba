package io.gatehouse.core;

import io.gatehouse.core.snapshot.ConfigSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may do what over the Admin API, and where its changes are kept.
 *
 * @param stateFile where changes are kept; null for beside the first configuration file
 * @param keep whether changes are kept over a restart
 * @param token what clients must send to read and to change; null when everyone who reaches it may
 * @param readToken what clients must send to read, without secrets; null when there are no such clients
 */
public record AdminSettings(
        @Nullable Path stateFile,
        boolean keep,
        @Nullable String token,
        @Nullable String readToken) {
    /** No tokens; changes are kept beside the first configuration file. */
    public static final AdminSettings DEFAULT = new AdminSettings(null, true, null, null);

    /** Where changes are kept; null when there is no such place. */
    @Nullable
    Path place(List<Path> configs) {
        if (!keep || stateFile != null) {
            return keep ? stateFile : null;
        }
        if (configs.isEmpty() || configs.get(0).toString().equals("-")) {
            return null;
        }
        Path first = configs.get(0).toAbsolutePath();
        Path name = first.getFileName();
        return Files.isDirectory(first) || name == null
                ? first.resolve(ConfigSource.STATE_NAME)
                : first.resolveSibling(ConfigSource.STATE_NAME + '-' + name);
    }

    /** Without the tokens. */
    @Override
    public String toString() {
        return "AdminSettings[stateFile=" + stateFile + ", keep=" + keep + ", token=" + (token == null ? "none" : "***")
                + ", readToken=" + (readToken == null ? "none" : "***") + "]";
    }
}
