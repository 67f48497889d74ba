// A WebSocket server that echoes, or a client of one: websocket.js server | client URI
const crypto = require('crypto');
const { WebSocket, WebSocketServer } = require('ws');

function server() {
  const listening = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: true,
    handleProtocols: (offered) => (offered.has('chat.v2') ? 'chat.v2' : false),
  });
  listening.on('listening', () => console.log('listening', listening.address().port));
  listening.on('connection', (socket) => {
    socket.on('error', () => {}); // of clients that break the protocol; the socket is closed then
    socket.on('message', (data, binary) => {
      if (!binary && data.length === 8 && data.toString() === 'close me') {
        socket.close(4000, 'as you wish');
      } else {
        socket.send(data, { binary });
      }
    });
  });
}

function client(uri) {
  const text = 'grüß dich '.repeat(30000);
  const binary = crypto.randomBytes(1000000);
  const came = [];
  const seen = { echoed: false };
  const socket = new WebSocket(uri, ['chat.v1', 'chat.v2'], { rejectUnauthorized: false });
  socket.on('unexpected-response', (request, response) => {
    console.log(JSON.stringify({ status: response.statusCode }));
    process.exit(0);
  });
  socket.on('open', () => {
    seen.protocol = socket.protocol;
    seen.compressed = socket.extensions.includes('permessage-deflate');
    socket.send(text);
    socket.send(binary);
  });
  socket.on('message', (data, isBinary) => {
    came.push(isBinary ? data : data.toString());
    if (came.length === 2) {
      seen.echoed = came[0] === text && binary.equals(came[1]);
      socket.ping();
    }
  });
  socket.on('pong', () => socket.send('close me'));
  socket.on('close', (code, reason) => {
    console.log(JSON.stringify({ ...seen, code, reason: reason.toString() }));
  });
}

if (process.argv[2] === 'server') {
  server();
} else {
  client(process.argv[3]);
}
