// Calls the service of grpc-service.py as a browser would: grpc-web-client.js FORMAT URL. Prints what came of it as JSON.
global.XMLHttpRequest = require('xhr2');
const {GrpcWebClientBase, MethodDescriptor, MethodType} = require('grpc-web');

const [format, url] = process.argv.slice(2);
const client = new GrpcWebClientBase({format});

class Message {
  constructor(bytes) {
    this.bytes = bytes;
  }
}

const method = (name, type) =>
  new MethodDescriptor('/pets.Pets/' + name, type, Message, Message, m => m.bytes, bytes => new Message(bytes));
const message = text => new Message(new Uint8Array(Buffer.from(text)));
const text = m => Buffer.from(m.bytes).toString();

const unary = name =>
  new Promise(done =>
    client.rpcCall(url + '/pets.Pets/' + name, message('rex'), {}, method(name, MethodType.UNARY), (error, answer) =>
      done(error ? error.code + ': ' + error.message : text(answer))));

const count = () =>
  new Promise(done => {
    const got = [];
    client
      .serverStreaming(url + '/pets.Pets/Count', message('300'), {}, method('Count', MethodType.SERVER_STREAMING))
      .on('data', m => got.push(text(m)))
      .on('error', e => done(e.message))
      .on('end', () => done(got.length + ', last ' + got[got.length - 1]));
  });

(async () => {
  const got = {unary: await unary('Unary'), failed: await unary('Fail'), counted: await count()};
  console.log(JSON.stringify(got));
  process.exit(0);
})();
