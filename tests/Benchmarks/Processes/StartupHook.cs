using System.Net.Sockets;
using Screening.Benchmarks.Processes;

// The runtime looks for this name outside of any namespace (DOTNET_STARTUP_HOOKS).
#pragma warning disable CA1050, IDE0130
internal static class StartupHook
#pragma warning restore CA1050, IDE0130
{
    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(AllocationMeter.Variable) is { Length: > 0 } path)
            AllocationMeter.Serve(path);
    }
}

namespace Screening.Benchmarks.Processes
{
    /// <summary>
    /// What another .NET process has allocated since its start, as the runtime counts it there. This program is loaded into that process
    /// and answers on a unix socket.
    /// </summary>
    internal sealed class AllocationMeter(string path)
    {
        /// <summary>The variable that names the socket.</summary>
        public const string Variable = "SCREENING_ALLOCATION_METER";

        /// <summary>The variables for the process.</summary>
        public string[] Environment { get; } =
            [$"DOTNET_STARTUP_HOOKS={typeof(AllocationMeter).Assembly.Location}", $"{Variable}={path}"];

        /// <summary>Bytes so far.</summary>
        public long Read()
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(path));
            var bytes = new byte[sizeof(long)];
            var got = 0;
            while (got < bytes.Length && socket.Receive(bytes.AsSpan(got)) is > 0 and var count)
                got += count;
            return BitConverter.ToInt64(bytes);
        }

        /// <summary>Answers in the process that is measured.</summary>
        public static void Serve(string path)
        {
            var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen();
            var thread = new Thread(() =>
            {
                while (true)
                {
                    using var socket = listener.Accept();
                    socket.Send(BitConverter.GetBytes(GC.GetTotalAllocatedBytes(precise: true)));
                }
            })
            { IsBackground = true, Name = "Allocation meter" };
            thread.Start();
        }
    }
}
