package io.gatehouse.core.routing;

import io.gatehouse.api.AddressRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A request as the router sees it, which also counts how often it was asked for its method. */
public final class TestRequest implements RequestFacts {
    private String method = "GET";
    private String host = "";
    private int hostPort = -1;
    private int listenerPort = 8000;
    private String path;
    private String query = "";
    private String source = "192.0.2.7";
    private int sourcePort = 40_000;
    private String destination = "198.51.100.9";
    private boolean tls;
    private @Nullable String sni;
    private final Map<String, List<String>> headers = new TreeMap<>();
    int asked;

    private TestRequest(String path) {
        this.path = path;
    }

    public static TestRequest get(String path) {
        return new TestRequest(path);
    }

    public TestRequest method(String value) {
        method = value;
        return this;
    }

    public TestRequest host(String value) {
        host = value;
        return this;
    }

    public TestRequest hostPort(int value) {
        hostPort = value;
        return this;
    }

    public TestRequest listenerPort(int value) {
        listenerPort = value;
        return this;
    }

    public TestRequest tls(@Nullable String name) {
        tls = true;
        sni = name;
        return this;
    }

    public TestRequest query(String value) {
        query = value;
        return this;
    }

    public TestRequest from(String address, int port) {
        source = address;
        sourcePort = port;
        return this;
    }

    public TestRequest to(String address, int port) {
        destination = address;
        listenerPort = port;
        return this;
    }

    public TestRequest header(String name, String value) {
        headers.computeIfAbsent(name.toLowerCase(Locale.ROOT), key -> new ArrayList<>())
                .add(value);
        return this;
    }

    @Override
    public String method() {
        asked++;
        return method;
    }

    @Override
    public String host() {
        return host;
    }

    @Override
    public int hostPort() {
        return hostPort;
    }

    @Override
    public int listenerPort() {
        return listenerPort;
    }

    @Override
    public String path() {
        return path;
    }

    @Override
    public String query() {
        return query;
    }

    @Override
    public byte @Nullable [] sourceAddress() {
        return AddressRange.address(source);
    }

    @Override
    public int sourcePort() {
        return sourcePort;
    }

    @Override
    public byte @Nullable [] destinationAddress() {
        return AddressRange.address(destination);
    }

    @Override
    public boolean tls() {
        return tls;
    }

    @Override
    public @Nullable String sni() {
        return sni;
    }

    @Override
    public @Nullable String header(String name) {
        List<String> values = headers(name);
        return values.isEmpty() ? null : values.get(0);
    }

    @Override
    public List<String> headers(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), List.of());
    }

    @Override
    public String toString() {
        return method + " " + host + ":" + hostPort + "/" + listenerPort + " " + path + "?" + query + " from " + source
                + ":"
                + sourcePort + " to " + destination + " tls=" + tls + " sni=" + sni
                + " " + headers;
    }
}
