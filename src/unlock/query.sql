-- Rows of one Octopus space that hold encrypted values, as JSON. It changes nothing; nothing secret in its answer is readable without the
-- server's master key. Run it in the server's database:
--   sqlcmd -S SERVER -d DATABASE -i unlock.sql -o rows.json -y 0 -f o:65001
-- In SQL Server Management Studio: choose "Results to File", and in the query options a text result without column headers and the
-- largest number of characters a column.
SET NOCOUNT ON;
DECLARE @space nvarchar(50) = N'{space}';
DECLARE @sql nvarchar(max) = N'';
CREATE TABLE #rows ([Table] nvarchar(128) NOT NULL, [Row] nvarchar(max) NOT NULL);
-- Every table of the space with documents in it; not what only copies or logs them.
SELECT @sql = @sql
    + N'INSERT INTO #rows SELECT N''' + t.[name] + N''', (SELECT r.* FOR JSON PATH, WITHOUT_ARRAY_WRAPPER) FROM '
    + QUOTENAME(s.[name]) + N'.' + QUOTENAME(t.[name]) + N' AS r WHERE r.[SpaceId] = @space'
    + CASE WHEN COL_LENGTH(QUOTENAME(s.[name]) + N'.' + QUOTENAME(t.[name]), N'IsFrozen') IS NULL
        THEN N'' ELSE N' AND r.[IsFrozen] = 0' END
    + CASE
        WHEN COL_LENGTH(QUOTENAME(s.[name]) + N'.' + QUOTENAME(t.[name]), N'JSONBlob') IS NULL
        THEN N' AND r.[JSON] LIKE N''%|______________________==%'''
        WHEN COL_LENGTH(QUOTENAME(s.[name]) + N'.' + QUOTENAME(t.[name]), N'JSON') IS NULL
        THEN N''
        ELSE N' AND (r.[JSON] LIKE N''%|______________________==%'' OR r.[JSONBlob] IS NOT NULL)' END
    + N';' + NCHAR(10)
FROM sys.tables AS t JOIN sys.schemas AS s ON s.[schema_id] = t.[schema_id]
WHERE EXISTS (SELECT 1 FROM sys.columns AS c WHERE c.[object_id] = t.[object_id] AND c.[name] = N'SpaceId')
    AND EXISTS (SELECT 1 FROM sys.columns AS c WHERE c.[object_id] = t.[object_id] AND c.[name] IN (N'JSON', N'JSONBlob'))
    AND t.[name] NOT IN (N'Artifact', N'Deployment', N'DeploymentHistory', N'Event', N'Interruption', N'Release', N'RunbookRun',
        N'RunbookSnapshot', N'ServerTask');
EXEC sp_executesql @sql, N'@space nvarchar(50)', @space = @space;
SELECT N'octoferry-rows/1' AS [Format], @space AS [Space],
    JSON_QUERY((SELECT [Table], JSON_QUERY([Row]) AS [Row] FROM #rows ORDER BY [Table] FOR JSON PATH)) AS [Rows]
FOR JSON PATH, WITHOUT_ARRAY_WRAPPER;
DROP TABLE #rows;
