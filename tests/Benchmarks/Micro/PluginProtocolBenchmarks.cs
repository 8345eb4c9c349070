using System.Buffers;
using BenchmarkDotNet.Attributes;
using Screening.Benchmarks.Load;
using Screening.Protocol.Framing;
using Screening.Protocol.Plugin;
using Screening.Protocol.Vocabulary;

namespace Screening.Benchmarks.Micro;

/// <summary>One query of the plug-in protocol: finding its end, understanding it, and writing the answer.</summary>
public class PluginProtocolBenchmarks
{
    private static readonly Verdict Pass = new(VerdictAction.Pass, false, 600, 0, VerdictSource.Near);

    private readonly ArrayBufferWriter<byte> _output = new(512);
    private AttributeFramer _framer = new(PluginRequest.Limits);
    private byte[] _message = [];
    private ReadOnlySequence<byte> _sequence;

    [GlobalSetup]
    public void Prepare()
    {
        var bytes = new byte[QueryWriter.MaxBytes];
        _message = bytes[..QueryWriter.Write(bytes, 42, LoadClients.Parse("198.51.100.7"))];
        _sequence = new ReadOnlySequence<byte>(_message);
    }

    [Benchmark]
    public long FindEnd()
    {
        _framer.TryFindEnd(_sequence, out var length, out _);
        return length;
    }

    [Benchmark]
    public ClientAddress Parse()
    {
        PluginRequest.TryParse(_message, out var request, out _);
        return request.Client;
    }

    [Benchmark]
    public int WriteReply()
    {
        _output.ResetWrittenCount();
        PluginReply.Write(_output, true, "0000002a"u8, Pass);
        return _output.WrittenCount;
    }
}
