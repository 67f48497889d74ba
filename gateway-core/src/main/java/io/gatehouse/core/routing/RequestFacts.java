package io.gatehouse.core.routing;

import io.gatehouse.api.WireText;
import org.jspecify.annotations.Nullable;

/**
 * What the router asks about a request. The server adapts its own request to it, so that nothing is copied for routing;
 * the table reads it on the caller's thread and keeps no reference to it.
 */
public interface RequestFacts {
    /** The method as the client sent it, upper or lower case untouched. */
    String method();

    /**
     * The host of the {@code Host} header (or authority) without its port and the brackets of IPv6, case untouched; empty when
     * there is none.
     */
    String host();

    /** The port of the {@code Host} header, -1 when it names none. */
    int hostPort();

    /** The port of the listener that accepted the connection, as seen by clients (after a port map). */
    int listenerPort();

    /** The normalised path, see {@link RequestPath#path()}. */
    String path();

    /** What follows the path, without its {@code ?}; empty when nothing does. */
    String query();

    /** The address of the client, 4 or 16 bytes; null when it has none. */
    byte @Nullable [] sourceAddress();

    /** The port of the client; negative when it has none. */
    int sourcePort();

    /** The address at which the connection was accepted, 4 or 16 bytes; null when it has none. */
    byte @Nullable [] destinationAddress();

    /** The port that the client meant: that of the {@code Host} header, else the listener's. */
    default int destinationPort() {
        return hostPort() >= 0 ? hostPort() : listenerPort();
    }

    /** Whether the connection is TLS. */
    boolean tls();

    /** The server name of the TLS handshake; null when there was none. */
    @Nullable
    String sni();

    /** The first value of a header as it came, by case-insensitive name; null when absent. */
    @Nullable
    String header(String name);

    /** All values of a header as {@linkplain WireText#decode text}, by case-insensitive name, in order; empty when absent. */
    Iterable<String> headers(String name);
}
