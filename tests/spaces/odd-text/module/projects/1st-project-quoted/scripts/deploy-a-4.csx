var s = $"{1 + 1} {{x}} \t";
var v = @"C:\dir\""q""";
Console.WriteLine(s + v + "${x}");